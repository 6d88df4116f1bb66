"""Who acts: signing in, sessions, access tokens, and what people were granted."""
