"""The formats of an exported model: one pixel graph, converted to each."""
