"""Authenticates callers, checks their rights, limits their requests and keeps the access log."""
