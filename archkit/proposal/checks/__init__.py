"""The checks behind the rules, a module for each group."""
