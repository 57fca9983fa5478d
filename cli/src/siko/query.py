"""`siko query`: the answer of a service, as a table or for programs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from siko_contracts.answers import Refusal
from siko_contracts.exit_codes import DONE
from siko_contracts.queries import QueryAnswer

from siko.catalogue import known
from siko.client import Client, refused, run
from siko.key_values import ensure_form, parse
from siko.output import Output, say, show_document, show_line, table
from siko.texts import with_texts


def query(  # noqa: PLR0917 - one parameter an option
    service: str,
    query: str,
    pairs: list[str],
    output: Output,
    data: Path | None,
    texts: bool | None = None,
) -> int:
    """Print one answer unchanged as JSON, or all its pages as a table or lines. Returns the exit code.

    With an explicit `limit` or `cursor` one page is printed, and the cursor of the next one on stderr.
    `texts`: whether reporting's views get the texts that the reader may read; default: in tables.
    """
    name, model = known(service, "query", query)
    parameters = parse(model, pairs)
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
            _tables(items)
        _notes(answer, output)
        return DONE

    return run(data, work)


def _tables(items: Sequence[Mapping[str, Any]]) -> None:
    """Print one table; a single item that contains lists (a conference's file) gets a table for each list."""
    inner = (
        [name for name, value in items[0].items() if _is_table(value)] if len(items) == 1 else []
    )
    if not inner:
        table(items)
        return
    only = items[0]
    table([{"field": name, "value": value} for name, value in only.items() if name not in inner])
    for name in inner:
        say(f"\n{name}")
        table(only[name])


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _notes(answer: QueryAnswer, output: Output) -> None:
    if not answer.complete:
        say("Not complete: a fact is parked, see `siko dead-letters list`.", aside=True)
    if answer.cursor is not None and output != Output.JSON:
        say(f"There is more: cursor={answer.cursor}", aside=True)
