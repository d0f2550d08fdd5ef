"""Decode PNG, JPEG and DICOM radiographs to 16-bit grey, in processes of their own."""
