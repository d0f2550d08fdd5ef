"""The grid of an experiment and the engine that runs what is left of it."""
