"""Topics, agenda, outcomes and actions of security conferences: a write service on NATS."""
