"""Tunes the garbage collector to search for reference cycles seldom, because decisions leave none behind."""

import gc

NEW_OBJECTS = 10_000
"""More objects than a full batch holds. With Python's default of 700, a busy writer spent a fifth of its time here."""
SECOND, THIRD = 20, 50


def collect_seldom() -> None:
    """Raise the thresholds, and freeze present objects: they live as long as the process and need no more searches."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, SECOND, THIRD)
