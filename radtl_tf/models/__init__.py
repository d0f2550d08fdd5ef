"""Backbones, weights, pixel conventions and the cut between what is frozen and what learns (Keras 3 only)."""
