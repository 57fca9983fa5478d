"""When Python looks for objects that only refer to each other: seldom, for a decision leaves none behind."""

import gc

NEW_OBJECTS = 10_000
"""More than a full batch holds at a time. With Python's 700, a fifth of a busy writer's time went into searches."""
SECOND, THIRD = 20, 50


def collect_seldom() -> None:
    """What is there by now is there for ever, and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, SECOND, THIRD)
