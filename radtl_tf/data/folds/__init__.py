"""Folds divide patients, never images."""
