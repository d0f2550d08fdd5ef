"""Read the tables of users: detect format, encoding and separators, and repair common faults."""
