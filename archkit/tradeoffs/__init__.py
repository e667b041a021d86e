"""Alternatives weighed by criteria, with what is not known said and counted."""
