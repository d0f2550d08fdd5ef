"""Prefix features: computed once, kept on disk."""
