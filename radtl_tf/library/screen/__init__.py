"""Rank candidates without training: ``radtl_tf.screen``."""
