"""What the demo's people were told in the last weeks, and what it led to."""
