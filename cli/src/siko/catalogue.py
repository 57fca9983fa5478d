"""`siko commands` and `siko queries`: what can be sent and asked, and the form of one of them."""

import shlex
from collections.abc import Mapping

from pydantic import BaseModel
from siko_contracts import commands, queries
from siko_contracts.access import Access
from siko_contracts.exit_codes import DONE
from siko_contracts.requests import Request

from siko.contract_fields import Field, example_of, fields_of
from siko.german import requests
from siko.german.codes import words_of
from siko.german.headings import heading
from siko.key_values import did_you_mean
from siko.output import Output, say, show, table, wrong_usage
from siko.services import SERVICES, ensure_service


def commands_of(
    service: str,
) -> Mapping[str, type[commands.Command] | type[commands.operations.LettersCommand]]:
    return {**commands.COMMANDS.get(service, {}), **commands.OPERATIONS}


def queries_of(service: str) -> Mapping[str, type[Request]]:
    return {**queries.QUERIES[service], **queries.OPERATIONS}


def known(service: str, kind: str, name: str) -> tuple[str, type[Request]]:
    """A command or query (`kind`) of a service, by its name. Raises Failure (exit code 2) if there is none."""
    ensure_service(service)
    requests = commands_of(service) if kind == "command" else queries_of(service)
    normal = name.replace("-", "_")
    if normal not in requests:
        raise wrong_usage(
            f"{service} knows no {kind} {name!r}{did_you_mean(normal, requests)}",
            known=", ".join(requests),
        )
    return normal, requests[normal]


def show_commands(service: str | None, output: Output) -> int:
    """List the commands of a service, or of all. Returns the exit code."""
    return _list(service, "command", output)


def show_queries(service: str | None, output: Output) -> int:
    """List the queries of a service, or of all. Returns the exit code."""
    return _list(service, "query", output)


def _list(service: str | None, kind: str, output: Output) -> int:
    if service:
        ensure_service(service)
    found = commands_of if kind == "command" else queries_of
    items = [
        {"service": each, kind: name, "roles": sorted(model.ACCESS.roles)}
        for each in ([service] if service else SERVICES)
        for name, model in found(each).items()
    ]
    rows = [item | {"purpose": _purpose(kind, str(item[kind]))} for item in items]
    columns = [*(["service"] if service is None else []), kind, "purpose", "roles"]
    show({"items": items}, rows if output == Output.TABLE else items, output, columns=columns)
    if output == Output.TABLE:
        verb = "send" if kind == "command" else "query"
        say(f"Felder: siko {verb} {service or 'DIENST'} {heading(kind).upper()} --help", aside=True)
    return DONE


def _purpose(kind: str, name: str) -> str:
    return (requests.COMMANDS if kind == "command" else requests.QUERIES).get(name, "")


def show_form(verb: str, service: str, name: str | None) -> int:
    """Show what can be sent (`verb`: `send`) or asked (`query`): all of a service, or the fields of one."""
    kind = "command" if verb == "send" else "query"
    if name is None:
        return _list(service, kind, Output.TABLE)
    name, model = known(service, kind, name)
    say(f"siko {verb} {service} {name} KEY=VALUE …\n")
    say(_purpose(kind, name))
    if said := _docstring(model):
        say(said)
    say(f"{_who(model.ACCESS)}\n")
    fields = fields_of(model, name)
    table([_row(path, field, name) for each in fields for path, field in each.nested()])
    types = {field.type for each in fields for _, field in each.nested()}
    notes = []
    if not types.isdisjoint({"day", "time"}):
        notes.append("Days also as 10.03.2027, times also as '10.03.2027 09:00': a time of Berlin.")
    if any(field.inner for field in fields):
        notes.append("Where a field with a dot comes again, the next entry of its list begins.")
    if notes:
        say("\n" + "\n".join(notes))
    say(f"\n{'For example' if kind == 'command' else 'At least'}:")
    say("  " + shlex.join(["siko", verb, service, name, *example_of(model, name)]))
    return DONE


def _row(path: str, field: Field, about: str) -> dict[str, str]:
    lists = "" if not field.is_list else "list: " if field.inner else "a,b: "
    holder = path.rpartition(".")[0] or about
    german = words_of(field.name, holder)
    words = ", ".join(
        f"{word} ({german[word]})" if word in german else word for word in field.words
    )
    meaning = field.meaning + (f"; one of: {words}" if words else "")
    return {
        "field": path + (" *" if field.required else ""),
        "type": lists + field.type,
        "meaning": meaning,
        "example": field.example,
    }


def _docstring(model: type[BaseModel]) -> str:
    return " ".join((vars(model).get("__doc__") or "").split())


def _who(access: Access) -> str:
    """Who may ask, in one line."""
    own = [*access.own, *(["partner"] if access.partner else [])]
    parts = [f"{', '.join(own)} for what is their own" if own else "", ", ".join(access.free)]
    return "Roles: " + "; ".join(part for part in parts if part)
