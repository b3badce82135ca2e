"""Reports: what warnings led to, and homes without money."""
