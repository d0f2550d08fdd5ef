"""What every layer shares: the experiment file, the names of scenarios and runs, the output folder."""
