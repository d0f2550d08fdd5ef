"""TFDS data sets: built, read back, and streamed to a network."""
