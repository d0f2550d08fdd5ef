"""Corrected copies of tables: `radtl data fix`."""
