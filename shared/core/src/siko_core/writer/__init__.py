"""One thread decides commands and followed events, and commits them by the batch."""
