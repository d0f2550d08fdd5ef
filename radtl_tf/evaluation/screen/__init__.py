"""Scores of features without training: which candidates deserve an experiment. They have no test part."""
