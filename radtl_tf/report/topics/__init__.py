"""One file per secondary analysis: its table and its figure."""
