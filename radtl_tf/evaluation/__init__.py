"""Estimates and comparisons from predictions (numpy, scipy and scikit-learn only)."""
