"""Compares the store with what was published, position by position."""
