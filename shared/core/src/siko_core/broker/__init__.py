"""The connection to NATS, its users and their permissions, and the streams with their readers."""
