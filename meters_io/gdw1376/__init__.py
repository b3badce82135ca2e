"""Q/GDW 1376.1 (376.1-2009, and frames of 130-2005): master station and concentrator, both sides."""
