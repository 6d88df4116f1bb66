"""Messages from a person to the conveners of a community, and back: nobody's address is shown."""
