"""Who asks, what they may do, how much of it at once, and what is noted of it."""
