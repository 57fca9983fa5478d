"""Runs a service as a process: start, stop, pages, readiness, metrics and logs."""
