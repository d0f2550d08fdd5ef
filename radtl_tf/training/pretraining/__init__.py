"""Train a whole backbone on a source data set."""
