"""Answers commands and queries that come over the bus."""
