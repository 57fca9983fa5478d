"""Detects a database that was restored, and continues behind the positions that it lost."""
