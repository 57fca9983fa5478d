"""Follows another service's stream from a position of its own; parks what fails for good."""
