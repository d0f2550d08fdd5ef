"""What TensorBoard shows of an experiment: event files, and the events of a run."""
