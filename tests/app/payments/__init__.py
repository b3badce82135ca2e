"""Payment plug-ins."""
