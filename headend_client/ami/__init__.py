"""The way to meters through somebody else's head end (AMI): a task goes in over HTTP, a result comes out (SPEC H-8)."""
