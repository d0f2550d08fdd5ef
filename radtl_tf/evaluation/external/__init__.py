"""Test of frozen models on patients who took no part in their training."""
