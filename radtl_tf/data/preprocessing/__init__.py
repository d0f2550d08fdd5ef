"""Prepare uint16 grey for a network in TensorFlow: scale to 0..1, resize, augment."""
