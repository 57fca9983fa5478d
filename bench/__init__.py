"""Programs that measure siko against floors in the same run."""
