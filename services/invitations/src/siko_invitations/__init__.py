"""Invitations: which bodies are invited by which way, what they answered and who came."""
