"""How figures and tables are drawn: axes, SVG, table cells, page templates."""
