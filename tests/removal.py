"""What `python -m tests.scheduler.removed_rules` takes out of a service, and which tests must fail then."""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent


@dataclass(frozen=True)
class Removal:
    """`line` becomes `instead` in the file of the package; then a test that `tests` selects in `folder` must fail."""

    file: str
    line: str
    instead: str
    tests: str
    package: str = "siko_scheduler"
    folder: str = "scheduler"

    @property
    def source(self) -> Path:
        """The folder of the package."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or spec.origin is None:
            raise ModuleNotFoundError(self.package)
        return Path(spec.origin).parent
