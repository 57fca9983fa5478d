"""One thread decides commands and followed events, and commits them in batches."""
