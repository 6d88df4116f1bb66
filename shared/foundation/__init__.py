"""What every part may use: no database, no stream, no web."""
