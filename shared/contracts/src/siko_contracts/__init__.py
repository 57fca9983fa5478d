"""What siko says to the world: events, commands, queries and how they travel. Needs pydantic alone."""
