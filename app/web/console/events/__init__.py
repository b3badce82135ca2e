"""Events of devices, alarm schemes and responsible persons."""
