"""What concentrators are told of their meters, by which rules, and what they were proved to have (SPEC H-15)."""
