"""What is said to concentrators themselves, one verb a file; `verbs` is what is said to meters."""
