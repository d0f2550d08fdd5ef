"""Formulas that turn truth and score into a number."""
