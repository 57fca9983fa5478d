"""Answers commands and queries that arrive over the bus."""
