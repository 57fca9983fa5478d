"""`siko query`: the answer of a service, as a table or for programs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE
from siko_contracts.queries import QueryAnswer
from siko_contracts.queries.operations import Positions

from siko.catalogue import known
from siko.client import Client, refused, run
from siko.clock import clock_stands
from siko.german.cells import shown
from siko.german.headings import heading
from siko.key_values import ensure_form, parse
from siko.layouts import NARROW, show_table
from siko.names import names_in
from siko.nothing import explain
from siko.output import Output, say, show_document, show_line, table
from siko.texts import with_texts


def query(
    service: str,
    query: str,
    pairs: list[str],
    output: Output,
    data: Path | None,
    *,
    texts: bool | None = None,
    wide: bool = False,
) -> int:
    """Print one answer unchanged as JSON, or all its pages as a table or lines. Returns the exit code.

    With an explicit `limit` or `cursor` one page is printed, and the cursor of the next one on stderr.
    `texts`: whether reporting's views get the texts that the reader may read; default: in tables.
    """
    name, model = known(service, "query", query)
    parameters = parse(model, pairs)
    asked = dict(parameters)
    ensure_form(model, parameters, f"siko query {service} {name}")
    has_texts = service == "reporting" and (output == Output.TABLE if texts is None else texts)
    one_page = output == Output.JSON or not {"limit", "cursor"}.isdisjoint(parameters)

    async def work(client: Client) -> int:
        items: list[dict[str, Any]] = []
        while True:
            answer = await client.query(service, name, parameters)
            if isinstance(answer, Refusal):
                raise refused(answer)
            if has_texts:
                answer.items = await with_texts(client, name, answer.items, parameters.get("as_of"))
            if output == Output.JSON:
                show_document(answer.model_dump(mode="json"))
            elif output == Output.JSONL:
                for item in answer.items:
                    show_line(item)
            else:
                items += answer.items
            if one_page or answer.cursor is None:
                break
            parameters["cursor"] = answer.cursor
        if output == Output.TABLE:
            await _show(client, name, answer, items, asked, wide=wide)
        _notes(answer, output)
        return DONE

    return run(data, work)


async def _show(
    client: Client,
    name: str,
    answer: QueryAnswer,
    items: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any],
    *,
    wide: bool,
) -> None:
    """Print the items as tables, or of none what comes near to what was asked."""
    if name == Positions.NAME:
        table([{"service": known, "position": last} for known, last in answer.position.items()])
        if len(items) > 1:
            _tables(name, items, asked, {}, wide=wide)
        if answer.as_of is not None:
            say(clock_stands(answer.as_of))
        return
    if items:
        _tables(name, items, asked, await names_in(client, items), wide=wide)
        return
    for line in await explain(client, name, asked):
        say(line)


def _tables(
    about: str,
    items: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any],
    names: Mapping[str, str],
    *,
    wide: bool,
) -> None:
    """Print one table; a single item that contains lists (a conference's file) gets a table for each list."""
    inner = [key for key, value in items[0].items() if _is_table(value) and key in NARROW]
    if len(items) != 1 or about in NARROW:
        show_table(about, items, names=names, asked=asked, wide=wide)
        return
    only = items[0]
    fields = {key: shown(key, value, about, names) for key, value in only.items()}
    table(
        [
            {"field": heading(key), "value": value}
            for key, value in fields.items()
            if key not in inner and (value or wide)
        ]
    )
    for key in inner:
        say(f"\n{heading(key)}")
        _tables(key, only[key], asked, names, wide=wide)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _notes(answer: QueryAnswer, output: Output) -> None:
    if not answer.complete:
        say(
            "Unvollständig: Ein Ereignis ist zurückgestellt, siehe `siko dead-letters list`.",
            aside=True,
        )
    if answer.cursor is not None and output != Output.JSON:
        say(f"Es gibt mehr: cursor={answer.cursor}", aside=True)
