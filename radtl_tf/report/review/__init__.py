"""The section for critical readers: one file per table."""
