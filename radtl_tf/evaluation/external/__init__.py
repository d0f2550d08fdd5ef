"""Frozen models on patients that none of them was made with."""
