"""Read the results of the finished runs in an output folder."""
