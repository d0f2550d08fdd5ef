"""Read embeddings that another program computed, and check them against the images of a data set."""
