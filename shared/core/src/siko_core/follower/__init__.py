"""Follows another service's stream from a checkpoint of its own; parks events that fail permanently."""
