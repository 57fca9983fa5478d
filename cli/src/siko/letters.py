"""`siko letters`: the letters that the service composes, as a table, and as PDF laid out here."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.queries.invitations import AttendanceSheet, Document, LetterItem, Letters
from siko_documents.layout import AttendancePage, LetterPage, Page
from siko_documents.renderer import Renderer, RenderingFailed, Template

from siko import files
from siko.client import Client, run
from siko.german.codes import FIELDS
from siko.layouts import show_table
from siko.names import names_in
from siko.output import Failure, Output, Screen, say, show, wrong_usage

PAGES: Mapping[Template, type[Page]] = {"letter": LetterPage, "attendance": AttendancePage}
NO_WAY = "ohne Anschrift"


def letters(
    conference_id: str,
    pdf: Path | None,
    sheet: Path | None,
    output: Output,
    data: Path | None,
    *,
    wide: bool = False,
) -> int:
    """Show the letters, and write what is wanted as PDF. Returns the exit code."""
    wanted: list[tuple[Path, Document]] = []

    async def work(client: Client) -> int:
        items = await _all(client, conference_id)
        if sheet is not None:
            wanted.append((sheet, await _sheet(client, conference_id)))
        if pdf is not None:
            wanted.extend(_files(pdf, items))
        await _show(client, items, output, wide=wide)
        return DONE

    code = run(data, work)
    _write(wanted)
    return code


async def _all(client: Client, conference_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    asked = {"conference_id": conference_id}
    while True:
        answer = await client.view("invitations", Letters.NAME, **asked)
        items += answer.items
        if answer.cursor is None:
            return items
        asked["cursor"] = answer.cursor


async def _sheet(client: Client, conference_id: str) -> Document:
    answer = await client.view("invitations", AttendanceSheet.NAME, conference_id=conference_id)
    if not answer.items:
        raise Failure(REFUSED, "NotFound", "the conference has no list of bodies")
    return Document.model_validate(answer.items[0])


async def _show(
    client: Client, items: Sequence[dict[str, Any]], output: Output, *, wide: bool
) -> None:
    if output != Output.TABLE:
        show({"items": items}, items, output)
        return
    if not items:
        say("Zu dieser Konferenz gibt es keine Schreiben.")
        return
    rows = [{name: value for name, value in item.items() if name != "documents"} for item in items]
    show_table("letters", rows, names=await names_in(client, rows), wide=wide)
    say(f"\n{_counted('Vor der Freigabe', items, {'drafted'})}")
    say(_counted("Geschrieben", items, {"due", "begun", "handed_over", "failed"}))


def _counted(what: str, items: Iterable[Mapping[str, Any]], states: set[str]) -> str:
    """`Vor der Freigabe: 13 (12 E-Mail, 1 ohne Anschrift)`."""
    words = FIELDS["channel"]
    ways = Counter(
        words.get(str(item["channel"]), NO_WAY) for item in items if item["state"] in states
    )
    listed = ", ".join(f"{number} {way}" for way, number in sorted(ways.items()))
    return f"{what}: {ways.total()}" + (f" ({listed})" if listed else "")


def _files(folder: Path, items: Sequence[Mapping[str, Any]]) -> list[tuple[Path, Document]]:
    """A neutral name for each letter and each enclosure: body, number, kind. What is void is not printed."""
    found = [LetterItem.model_validate(item) for item in items]
    return [
        (folder / f"{item.body_id}-{item.number}-{document.file_name}.pdf", document)
        for item in found
        if item.state != "void"
        for document in item.documents
    ]


def _write(wanted: Sequence[tuple[Path, Document]]) -> None:
    if not wanted:
        return
    screen = Screen()
    with Renderer() as renderer, screen.busy(f"{len(wanted)} PDF"):
        for file, document in wanted:
            page = PAGES[document.template].model_validate(document.page)
            try:
                content = renderer.render(document.template, page)
            except RenderingFailed as error:
                raise Failure(REFUSED, "RenderingFailed", f"{file.name}: {error}") from None
            _make(file.parent)
            files.write(file, content)
    screen.say(f"{len(wanted)} PDF")


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise wrong_usage(f"{folder}: {error.strerror}") from None
