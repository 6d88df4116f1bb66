"""What people may ask about their data: who read it."""
