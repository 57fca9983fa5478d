"""Runs a service as a process: start, stop, HTTP pages, readiness, metrics and logs."""
