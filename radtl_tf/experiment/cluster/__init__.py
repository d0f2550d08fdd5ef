"""Start the work units of an experiment on other machines: by Slurm or by Ray."""
