"""What the shell offers behind `siko send` and `siko query`: services, names, fields and the words that these take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from siko.catalogue import commands_of, queries_of
from siko.contract_fields import TRUTH, Field, fields_of
from siko.german.codes import words_of
from siko.german.requests import COMMANDS, QUERIES
from siko.roles import EXAMPLES, ROLES
from siko.services import SERVICES

Offer = tuple[str, str]
"""A word, and what it means."""


def services() -> list[Offer]:
    return [(service, "") for service in SERVICES]


def roles() -> list[Offer]:
    return [(EXAMPLES.get(role, role), "") for role in ROLES]


def names(verb: str, given: Mapping[str, Any]) -> list[Offer]:
    """Commands or queries of the service that was typed."""
    service = given.get("service")
    if service not in SERVICES:
        return []
    if verb == "send":
        return [(name, COMMANDS[name]) for name in commands_of(service)]
    return [(name, QUERIES[name]) for name in queries_of(service)]


def pairs(verb: str, given: Mapping[str, Any], typed: str) -> list[Offer]:
    """Fields that are not given yet, those of few words with each of these.

    bash takes `kind=siko` for three words: behind `kind` and `=` the field's words are offered alone.
    """
    service, name = given.get("service"), str(given.get("command") or given.get("name"))
    requests = (
        {} if service not in SERVICES else (commands_of if verb == "send" else queries_of)(service)
    )
    if name not in requests:
        return []
    paths = dict(pair for each in fields_of(requests[name], name) for pair in each.nested())
    fields = {path: field for path, field in paths.items() if not field.inner}
    before: Sequence[str] = [pair for pair in given.get("pairs") or () if pair != "="]
    asked = (
        before[-1] if before else ""
    )  # the last word; it is in `fields` where it is no whole pair
    if asked in fields and "=" not in typed:
        return list(_words(asked, fields[asked], name))
    present = {pair.partition("=")[0] for pair in before}
    return [
        (f"{path}={word}", meaning)
        for path, field in fields.items()
        if path not in present or "." in path
        for word, meaning in list(_words(path, field, name)) or [("", field.meaning)]
    ]


def _words(path: str, field: Field, about: str) -> Iterator[Offer]:
    german = words_of(field.name, path.rpartition(".")[0] or about)
    words = TRUTH if field.type == "yes or no" else dict.fromkeys(field.words, "")
    yield from ((word, german.get(word, said)) for word, said in words.items())
