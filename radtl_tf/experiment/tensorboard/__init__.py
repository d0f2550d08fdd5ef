"""TensorBoard of an output folder: what the evaluation adds, and the page."""
