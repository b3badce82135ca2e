"""Staff: who may do what, their second step, and the audit log."""
