"""A wall clock for each replica that can be stepped: a library preloaded into it, and a file that says how far."""

import shutil
import struct
import subprocess
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("clockshift.c")


def hindrance() -> str | None:
    """Why clocks cannot be stepped here; None where they can."""
    return None if _compiler() else "needs a C compiler"


@cache
def _compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


def library(folder: Path) -> Path:
    """The compiled library; `hindrance` is None."""
    made = folder / "clockshift.so"
    subprocess.run(
        [str(_compiler()), "-shared", "-fPIC", "-O2", "-o", made, SOURCE], check=True, timeout=60
    )
    return made


class SteppedClock:
    """The clock of one replica; steps take effect at once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.write_bytes(struct.pack("q", 0))

    def environment(self, made: Path) -> dict[str, str]:
        return {"LD_PRELOAD": str(made), "CHAOS_CLOCK": str(self.file)}

    def step(self, seconds: int) -> None:
        """So far ahead of the true time (behind it, if negative)."""
        with self.file.open("r+b") as opened:
            opened.write(struct.pack("q", seconds))
