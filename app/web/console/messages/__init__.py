"""Messages: the log, one message from plan to delivery, addresses that are left alone."""
