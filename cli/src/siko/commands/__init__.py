"""Declarations of the commands: name, options and help. Their bodies are the modules `siko.<same name>`."""
