"""Communities: who there is. What moves here from the older rooms comes feature by feature."""
