"""Talking to the model: the only code that reaches a network."""
