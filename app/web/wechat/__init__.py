"""The WeChat official account: who has come, and the scanner of WeChat's own browser."""
