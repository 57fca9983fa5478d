"""The typeface of every document: files of an installed package, never the system's."""

from importlib.resources import files
from pathlib import Path

FOLDER = Path(str(files("fontpkg_fira_sans") / "files"))
FACES = ("Regular", "SemiBold")
"""Those that the templates use."""
FILES = tuple(FOLDER / f"FiraSans-{face}.ttf" for face in FACES)
