"""A finished setting as a TensorFlow graph: from image bytes or pixels to probabilities."""
