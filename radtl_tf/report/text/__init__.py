"""Sentences: the advice, the Methods text, citations and checklists."""
