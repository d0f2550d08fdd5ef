"""Weights files: where they come from, how they are checked, read and written."""
