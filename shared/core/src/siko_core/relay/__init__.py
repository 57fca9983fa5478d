"""Publishes the stored events to the service's stream, in order, each event once."""
