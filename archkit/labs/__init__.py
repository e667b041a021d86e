"""Small measurements on a real database that any laptop can repeat."""
