"""Searches that found nothing: what people look for and nobody writes of yet."""
