"""Synthetic radiographs, so that everything can be tried without a patient."""
