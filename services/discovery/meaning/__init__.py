"""Likeness of meaning: sentence vectors, made in the background and compared by cosine."""
