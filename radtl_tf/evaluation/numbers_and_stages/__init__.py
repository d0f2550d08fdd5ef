"""What only a regression or an ordinal task has: predicted numbers with their intervals, and predicted stages."""
