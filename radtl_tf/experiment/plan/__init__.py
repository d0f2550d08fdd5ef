"""Check and record data, folds, weights and scenarios before the first run."""
