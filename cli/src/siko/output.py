"""What people and programs get to see: tables, JSON, failures in one line, exit codes."""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from siko_contracts.characters import LINES, escaped

DONE = 0
REFUSED = 1
WRONG_USAGE = 2
UNREACHABLE = 3
INTERRUPTED = 130
"""Ended by a signal before the work was done (128 + SIGINT, as shells count)."""


class Output(StrEnum):
    """`json` is one document, `jsonl` one item a line, `table` is for people."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class Failure(Exception):
    """Ends a command: `code: message` on stderr, then a line for each detail."""

    def __init__(
        self,
        exit_code: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.exit_code = exit_code
        self.code = code
        self.message = message
        self.details = details or {}


def say(text: str = "", *, aside: bool = False) -> None:
    """A text for people on stdout, or `aside` on stderr. All that a command prints goes through here or `show_line`."""
    print(escaped(text), file=sys.stderr if aside else sys.stdout, flush=True)


class Screen:
    """Progress on stderr: on a terminal what is being done, and everywhere what has been done."""

    def __init__(self) -> None:
        self._console = None
        if sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 - rich only where it is seen

            self._console = Console(stderr=True)

    def say(self, text: str) -> None:
        if self._console is None:
            say(text, aside=True)
        else:
            self._console.print(escaped(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        if self._console is None:
            yield
        else:
            with self._console.status(text):
                yield


def unreachable(message: str, **details: Any) -> Failure:
    """Exit code 3: says what, where, and what to try."""
    return Failure(UNREACHABLE, "Unreachable", message, details)


def wrong_usage(message: str, **details: Any) -> Failure:
    """Exit code 2."""
    return Failure(WRONG_USAGE, "WrongUsage", message, details)


def show_failure(failure: Failure) -> None:
    """On stderr, so that stdout stays what a program can read."""
    say(_one_line(f"{failure.code}: {failure.message}"), aside=True)
    for name, value in failure.details.items():
        say(_one_line(f"  {name}: {_detail(value)}"), aside=True)


def show(
    document: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    output: Output,
    *,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """`document` is what JSON shows, `items` what lines and tables show.

    `columns` are keys of the items, in order; without them all keys in order of appearance.
    """
    match output:
        case Output.JSON:
            show_document(document)
        case Output.JSONL:
            for item in items:
                show_line(item)
        case Output.TABLE:
            table(items, columns=columns, title=title)


def show_document(document: Any) -> None:
    """One JSON document: indented for people, compact for programs."""
    if sys.stdout.isatty():
        print(_json(document, indent=2), flush=True)
    else:
        show_line(document)


def show_line(item: Any) -> None:
    """One JSON value in one line."""
    print(_json(item), flush=True)


def table(
    items: Sequence[Mapping[str, Any]],
    *,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """Drawn on a terminal; elsewhere plain columns of full width, without a title."""
    names = list(columns or dict.fromkeys(name for item in items for name in item))
    rows = [[escaped(cell(item.get(name))) for name in names] for item in items]
    names = [escaped(name) for name in names]
    if sys.stdout.isatty():
        _drawn(names, rows, title)
    else:
        _plain(names, rows)


def cell(value: Any) -> str:
    """A value in a table: lists with commas, objects as `name=value`, nothing as an empty cell."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Mapping():
            shown = {name: cell(inner) for name, inner in value.items()}
            return " ".join(f"{name}={inner}" for name, inner in shown.items() if inner)
        case list() | tuple():
            return ", ".join(cell(inner) for inner in value)
        case _:
            return str(value)


def _json(value: Any, indent: int | None = None) -> str:
    r"""What nobody sees stands as `\u001b`: it can only be in a string."""
    return LINES.sub(_escape, json.dumps(value, ensure_ascii=False, indent=indent))


def _escape(unseen: re.Match[str]) -> str:
    units = unseen[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(*[iter(units)] * 2, strict=True))


def _one_line(text: str) -> str:
    """A value with a line break in it must not look like a line of ours."""
    return text.replace("\n", "\\n")


def _detail(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _drawn(names: list[str], rows: list[list[str]], title: str | None) -> None:
    from rich.console import Console  # noqa: PLC0415 - rich costs time that `--help` must not pay
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    drawn = Table(title=title, title_justify="left")
    for name in names:
        drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(value) for value in row))
    Console().print(drawn)


def _plain(names: list[str], rows: list[list[str]]) -> None:
    lines = [names, *([" ".join(value.split()) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        filled = (value.ljust(width) for value, width in zip(line, widths, strict=True))
        say("  ".join(filled).rstrip())
