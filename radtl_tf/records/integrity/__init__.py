"""Detect what is damaged or has changed in an output folder (docs/decisions/0022-integrity.md)."""
