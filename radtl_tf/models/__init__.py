"""Backbones, weights, pixel conventions, and the cut into a frozen and a trained part (Keras 3 only)."""
