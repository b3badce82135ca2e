"""The meter itself: balance, why it is dark, notices, emergency credit."""
