"""Train all heads of one set of pooled features together."""
