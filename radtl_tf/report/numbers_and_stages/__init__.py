"""Tables and figures that only a regression or an ordinal task has."""
