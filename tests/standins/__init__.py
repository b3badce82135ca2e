"""Other people's services, as far as we use them: they check what they are sent, and can be told to fail."""
