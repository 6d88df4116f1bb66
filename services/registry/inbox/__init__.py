"""What waits for a person at the registry."""
