"""Compute prefix features once and cache them on disk."""
