"""Experiments in a Python session: start them, read their results, use their models."""
