"""Make a weights file from a source data set, and verify one."""
