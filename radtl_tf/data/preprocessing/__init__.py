"""From uint16 grey to what a network is shown, in TensorFlow: 0..1, resized, augmented."""
