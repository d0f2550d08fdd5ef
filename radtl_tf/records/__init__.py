"""Records that every layer uses: the experiment file, the names of scenarios and runs, the output folder."""
