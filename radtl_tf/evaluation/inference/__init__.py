"""Intervals and tests: corrected t, DeLong, bootstrap, Holm."""
