"""What happened: the tracker, history, receipts, use."""
