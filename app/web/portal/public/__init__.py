"""What anybody may look up about the utility."""
