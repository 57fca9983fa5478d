"""Aggregates, their events, and the application that loads and saves them."""
