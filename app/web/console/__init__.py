"""What staff open: a dense desktop tool."""
