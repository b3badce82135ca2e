"""What is collected from concentrators by schemes: daily figures, events, measuring points (SPEC H-5, H-11)."""
