"""Hand-held readers on the console: files made, handed out, brought back, given back (SPEC H-9)."""
