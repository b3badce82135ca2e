"""What every plug-in of a port must do, whoever it speaks to."""
