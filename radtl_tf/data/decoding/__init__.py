"""Decode PNG, JPEG, TIFF and DICOM radiographs to 16-bit grey, in worker processes."""
