"""Logistic regression on features of each image: the linear probe and the trivial baselines."""
