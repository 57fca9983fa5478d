"""Notices a database that was restored, and goes on behind what is lost."""
