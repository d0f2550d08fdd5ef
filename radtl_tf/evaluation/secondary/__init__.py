"""Everything that is evaluated beside the question."""
