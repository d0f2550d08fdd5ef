"""Folds: patients are divided, never images."""
