"""Saliency maps: drawn, stored, checked and shown."""
