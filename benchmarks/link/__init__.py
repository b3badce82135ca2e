"""A link on which a plain master gets four purchases of five through, and what the product makes of the same link."""
