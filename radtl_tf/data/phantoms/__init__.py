"""Synthetic radiographs, to try everything without patients."""
