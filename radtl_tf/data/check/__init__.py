"""The data check: find what could spoil an experiment before anything is trained."""
