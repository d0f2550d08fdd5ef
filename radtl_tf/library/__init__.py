"""The classes and functions behind ``radtl_tf.api``."""
