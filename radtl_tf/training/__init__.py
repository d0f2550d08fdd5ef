"""Train runs from cached prefix features."""
