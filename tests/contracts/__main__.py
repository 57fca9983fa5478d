"""`make contracts`: writes all that is made from the code, and refuses to change what a stored event has become."""

import sys

from tests.contracts.generated import ROOT, ensure_unaltered, write

for file in write():
    sys.stdout.write(f"{'written' if file.exists() else 'removed'}: {file.relative_to(ROOT)}\n")
ensure_unaltered()
