"""The event store on SQLite and PostgreSQL: events, answers, positions and dead letters in one transaction."""
