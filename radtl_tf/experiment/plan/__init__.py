"""Before the first run: data, folds, weights and scenarios, checked and written down."""
