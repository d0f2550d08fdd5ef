"""Read what the finished runs of an output folder left behind."""
