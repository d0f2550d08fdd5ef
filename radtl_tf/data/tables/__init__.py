"""Tables as people bring them: their format, encoding and separators, and what is repaired in them."""
