"""The exit codes of every program of siko, for whoever starts it: docs/operations.md says what to do."""

DONE = 0
"""Done, or stopped on request."""
REFUSED = 1
"""A service has refused; the code of the refusal is on stderr."""
WRONG_USAGE = 2
"""An argument or a setting is wrong; the message names it."""
UNREACHABLE = 3
"""What is needed does not answer, or cannot be used; the message says what it is, and what to try."""
START_ANEW = 75
"""A new process can go on: whatever supervises this one starts it again (EX_TEMPFAIL of sysexits)."""
INTERRUPTED = 130
"""Interrupted by a signal before it was done (128 + SIGINT, as shells do)."""
