"""Queries counted, N+1 found, and strategies compared on a database of your own."""
