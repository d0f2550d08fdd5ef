"""The data check: what could spoil an experiment, found before anything is trained."""
