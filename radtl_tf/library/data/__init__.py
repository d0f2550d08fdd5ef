"""A data set in a Python session: rows, labels, patients, batches and folds."""
