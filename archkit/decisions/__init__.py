"""Decision records and story files: read, written, and changed without loss."""
