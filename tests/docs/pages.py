"""The documentation as data: its pages, their shell blocks, and the names that they mention."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>.+?) -->")
"""Stands on the line before a block that cannot be run here, with the reason."""
FENCE = re.compile(r"^```(?P<language>\w*)$")
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")
HISTORY = {"CHANGELOG.md"}
"""Tells of what was; the names in it may be gone."""


@dataclass(frozen=True)
class Block:
    """A fenced block: where it stands, its language, its text, and why it is not run (None: it is)."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def pages() -> tuple[str, ...]:
    """Every Markdown page of the repository, relative to its root."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    return tuple(sorted(page for page in listed if (ROOT / page).is_file()))


def blocks(page: str) -> Iterator[Block]:
    language: str | None = None
    lines: list[str] = []
    begins, reason, before = 0, None, ""
    for number, line in enumerate((ROOT / page).read_text("utf-8").splitlines(), 1):
        if language is not None:
            if line == "```":
                yield Block(page, begins, language, "\n".join(lines), reason)
                language = None
            else:
                lines.append(line)
        elif fence := FENCE.match(line):
            language, lines, begins = fence["language"], [], number
            marked = NOT_RUN.fullmatch(before)
            reason = marked["reason"] if marked else None
        before = line


def shell_blocks() -> list[Block]:
    return [block for page in pages() for block in blocks(page) if block.language == "sh"]


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    text = (ROOT / page).read_text("utf-8")
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def inline_code(page: str) -> list[str]:
    return INLINE.findall(prose(page))


def links(page: str) -> list[str]:
    """Targets of links that are no addresses, relative to the page."""
    return [target for target in LINK.findall(prose(page)) if "://" not in target]
