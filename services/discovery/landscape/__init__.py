"""The counts that a network reports to its board, as of any day."""
