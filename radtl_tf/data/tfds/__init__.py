"""Build TFDS data sets, read them back, and stream them to a network."""
