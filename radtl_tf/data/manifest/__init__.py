"""Tables of radiographs: paths, labels and patients as users write them."""
