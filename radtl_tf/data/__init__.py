"""Pixels and patients: manifests, images, DICOM, TFDS builders, folds."""
