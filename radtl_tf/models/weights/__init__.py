"""Find, check, read and write weights files."""
