"""Read manifests, the users' tables of radiographs: paths, labels and patients."""
