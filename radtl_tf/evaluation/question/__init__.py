"""The experiment's question: estimates, comparisons and the answer."""
