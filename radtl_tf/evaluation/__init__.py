"""Estimates and Comparisons from predictions (numpy, scipy and scikit-learn only)."""
