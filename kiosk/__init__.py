"""What runs on the device at the metering box. It knows the product only over HTTP."""
