"""One file per analysis beside the question: its table and its figure."""
