"""The main tables and figures of an experiment."""
