"""All analyses that are secondary to the question."""
