"""Divide a grid into work units, open one from files, train it, and start several at once."""
