"""What the public functions of radtl_tf.api are made of."""
