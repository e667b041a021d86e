"""AML: what was decided, what came of it, what works."""
