"""Repair, refuse or remove what is damaged, changed or left over in an output folder."""
