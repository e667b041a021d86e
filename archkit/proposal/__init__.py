"""The seven-section design document."""
