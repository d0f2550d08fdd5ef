"""Plan an experiment, run its grid, and report it."""
