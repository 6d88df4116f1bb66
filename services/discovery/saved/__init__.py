"""Saved searches: kept, matched with each community that is new or has changed, told once."""
