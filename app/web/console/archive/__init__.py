"""What concentrators are told of meters, by which rules they are read, and what they tell (SPEC H-5, H-11, H-15)."""
