"""Publishes what the store holds to the stream of the service, in order, each event once."""
