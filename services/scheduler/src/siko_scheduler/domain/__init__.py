"""What the scheduler decides: a module an aggregate, and the rules they share."""
