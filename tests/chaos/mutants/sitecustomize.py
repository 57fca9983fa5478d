"""Python imports this as it starts, where this folder is on its path: a replica becomes the mutant $CHAOS_MUTANT."""

import os
import sys
import traceback

if name := os.environ.get("CHAOS_MUTANT"):
    try:
        import mutations

        mutations.MUTANTS[name]()
    except Exception:  # noqa: BLE001 - Python would go on without the mutation, and a test would pass for nothing
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(98)
