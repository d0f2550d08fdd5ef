"""Training one Run from cached prefix features."""
