"""Cash over the counter: the plug-in whose far side is a drawer."""
