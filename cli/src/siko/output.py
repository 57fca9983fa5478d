"""Output for people and programs: tables, JSON, and failures in one line."""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from siko_contracts.characters import LINES, escaped
from siko_contracts.exit_codes import UNREACHABLE, WRONG_USAGE

from siko.german.headings import heading

BETWEEN_COLUMNS = 2
NARROWEST = 8
"""Characters that a column of words keeps beside one of ids."""
ID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}")


class Output(StrEnum):
    """`json` is one document, `jsonl` one item a line, `table` is for people."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


class Failure(Exception):
    """The end of a command with an exit code; shown as `code: message` and a line for each detail."""

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
    """Print a text for people on stdout, or on stderr if `aside`. Commands print through this and `show_line` only."""
    print(escaped(text), file=sys.stderr if aside else sys.stdout, flush=True)


class Screen:
    """Progress on stderr: completed steps as lines; on a terminal also the current step."""

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
    """Return a Failure with exit code 3; the message says what failed, where, and what to try."""
    return Failure(UNREACHABLE, "Unreachable", message, details)


def wrong_usage(message: str, **details: Any) -> Failure:
    """Return a Failure with exit code 2."""
    return Failure(WRONG_USAGE, "WrongUsage", message, details)


def show_failure(failure: Failure) -> None:
    """Print a failure on stderr; stdout holds only what programs parse."""
    say(_one_line(f"{failure.code}: {failure.message}"), aside=True)
    for name, value in failure.details.items():
        if _are_findings(value):
            from siko.german.codes import finding  # noqa: PLC0415 - the contracts take time

            say(_one_line(f"  {name}:"), aside=True)
            for item in value:
                say(_one_line(f"    {finding(item)}"), aside=True)
        else:
            say(_one_line(f"  {name}: {_detail(value)}"), aside=True)


def show(
    document: Mapping[str, Any],
    items: Sequence[Mapping[str, Any]],
    output: Output,
    *,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """Print `document` as JSON, or `items` as lines or as a table.

    `columns`: keys of the items to show, in order; default all keys in order of appearance.
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
    """Print one JSON document, indented on a terminal and compact elsewhere."""
    if sys.stdout.isatty():
        print(_json(document, indent=2), flush=True)
    else:
        show_line(document)


def show_line(item: Any) -> None:
    """Print a JSON value in one line."""
    print(_json(item), flush=True)


def is_on_screen() -> bool:
    """Whether a table is drawn to fit a terminal."""
    return sys.stdout.isatty()


def table(
    items: Sequence[Mapping[str, Any]],
    *,
    columns: Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """Print a table: drawn on a terminal, elsewhere plain untruncated columns without a title."""
    keys = list(columns or dict.fromkeys(key for item in items for key in item))
    rows = [[escaped(cell(item.get(key))) for key in keys] for item in items]
    names = [escaped(heading(key)) for key in keys]
    if is_on_screen():
        _draw(names, rows, title)
    else:
        _plain(names, rows)


def cell(value: Any) -> str:
    """Format a value for a table: lists with commas, objects as `name=value`, None as an empty cell."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case Mapping():
            cells = {name: cell(inner) for name, inner in value.items()}
            return " ".join(f"{name}={inner}" for name, inner in cells.items() if inner)
        case list() | tuple():
            return ", ".join(cell(inner) for inner in value)
        case _:
            return str(value)


def _json(value: Any, indent: int | None = None) -> str:
    r"""Return JSON with invisible characters escaped as `\u001b`; they can only occur inside strings."""
    return LINES.sub(_escape, json.dumps(value, ensure_ascii=False, indent=indent))


def _escape(unseen: re.Match[str]) -> str:
    units = unseen[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in zip(*[iter(units)] * 2, strict=True))


def _one_line(text: str) -> str:
    """Escape line breaks, so that a value cannot forge a line of output."""
    return text.replace("\n", "\\n")


def _are_findings(value: Any) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and {"code", "rule"} <= item.keys() for item in value)
    )


def _detail(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _draw(names: list[str], rows: list[list[str]], title: str | None) -> None:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - rich costs time that `--help` must not pay
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console()
    room = console.width - len(names) * BETWEEN_COLUMNS
    fitting = widths([names, *rows], room)
    drawing = Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
        leading=int(_wraps(rows, fitting)),
    )
    for name, width in zip(names, fitting, strict=True):
        drawing.add_column(name, overflow="fold", width=width)
    for row in rows:
        drawing.add_row(*(Text(value) for value in row))
    console.print(drawing)


def _wraps(rows: list[list[str]], widths: list[int]) -> bool:
    """Whether so many rows have several lines that all need an empty one between them: half of them."""
    high = [
        row
        for row in rows
        if any(
            "\n" in value or len(value) > width for value, width in zip(row, widths, strict=True)
        )
    ]
    return 2 * len(high) >= len(rows) > 1


def widths(lines: Sequence[Sequence[str]], room: int) -> list[int]:
    """Return the widths of columns of these cells so that they need at most `room` characters together.

    No word is broken where that can be: each column gets its longest word, then what is left goes to those that
    need the least to be whole. Where not even the words fit, the widest columns give way, those with ids last:
    these are copied.
    """
    columns = list(zip(*lines, strict=True))
    whole = [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]
    given = [
        max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns
    ]
    words = [n for n, column in enumerate(columns) if not any(map(ID.search, column))]
    while sum(given) > room and max(given, default=0) > 1:
        soft = [n for n in words if given[n] > NARROWEST] or range(len(columns))
        given[max(soft, key=given.__getitem__)] -= 1
    left = room - sum(given)
    for column in sorted(range(len(columns)), key=lambda column: whole[column] - given[column]):
        more = max(0, min(left, whole[column] - given[column]))
        given[column] += more
        left -= more
    return given


def _plain(names: list[str], rows: list[list[str]]) -> None:
    lines = [names, *([" ".join(value.split()) for value in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(names))]
    for line in lines:
        filled = (value.ljust(width) for value, width in zip(line, widths, strict=True))
        say("  ".join(filled).rstrip())
