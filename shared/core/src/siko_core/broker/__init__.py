"""The connection to NATS, its users and their rights, the streams and how they are read."""
