"""What programs call: JSON over HTTP, signed."""
