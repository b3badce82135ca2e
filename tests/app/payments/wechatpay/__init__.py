"""WeChat Pay over its stand-in."""
