"""Existing head ends (AMI): who looks after them, what is under way there, and what staff do with them (SPEC H-8)."""
