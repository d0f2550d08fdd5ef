"""What a Python session works with: the classes and functions behind ``radtl_tf.api``."""
