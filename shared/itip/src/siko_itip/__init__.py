"""Invitations as calendar objects (iTIP, RFC 5546), and the answers that calendars send: bytes and data, no I/O."""
