"""Weights files: make one from a source data set, and look into one."""
