"""Logistic regression on a few numbers per image: the probe and the trivial baselines."""
