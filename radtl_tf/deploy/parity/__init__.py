"""Held-out images through every signature and format of a model: do all give the probabilities of Keras?"""
