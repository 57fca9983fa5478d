"""`siko import contacts`: how bodies are reached, from a CSV file. Values are checked and compared, and never printed."""

from collections.abc import Iterable, Iterator, Mapping
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from siko_contracts.answers import Refusal
from siko_contracts.commands.invitations import SetContact
from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.queries.texts import MOST_THINGS

from siko.client import LONG_DEADLINE_S, Client, run
from siko.csv_form import Form
from siko.import_nrw.dispatch import progress
from siko.import_nrw.tables import Faults, Row, read_table
from siko.key_values import did_you_mean
from siko.output import Failure, Output, say, show, table

COLUMNS = ("body_id", "email", "postal_address", "salutation", "name")
VALUES = COLUMNS[1:]


class Contact(NamedTuple):
    """A row of the file, and the command that sets it."""

    row: Row
    command: SetContact

    @property
    def values(self) -> dict[str, Any]:
        told = self.command.model_dump(mode="json", include=set(VALUES))
        return {name: value for name, value in told.items() if value}


def import_contacts(file: Path, plan: bool, output: Output, data: Path | None, form: Form) -> int:
    """Set the contacts that differ; with `plan` only say which. Returns the exit code.

    Raises Failure (exit code 1) with every faulty line before anything is sent.
    """
    faults = Faults()
    contacts = list(_contacts(file, form, faults))

    async def work(client: Client) -> int:
        await _ensure_registered(client, contacts, faults)
        faults.raise_any()
        present = await _present(client, contacts)
        rows = [_compared(contact, present.get(contact.command.body_id)) for contact in contacts]
        changed = [
            contact
            for contact, row in zip(contacts, rows, strict=True)
            if row["state"] != "unchanged"
        ]
        if not plan:
            await _send(client, changed)
        _show(rows, "none sent" if plan else f"{len(changed)} sent", output)
        return DONE

    faults.raise_any()
    return run(data, work, deadline_s=LONG_DEADLINE_S)


def _contacts(file: Path, form: Form, faults: Faults) -> Iterator[Contact]:
    rows = read_table(
        file.parent, file.name, COLUMNS, faults, form, several_lines={"postal_address"}
    )
    lines: dict[str, int] = {}
    for row in rows:
        body_id = row["body_id"]
        if body_id in lines:
            faults.add(row, "body_id", f"stands in line {lines[body_id]} already")
        lines.setdefault(body_id, row.line)
        email, address = row["email"] or None, row.lines("postal_address")
        if email is not None and not _is_address(email):
            faults.add(row, "email", "is no address")
        if email is None and not address:
            faults.add(row, "email", "neither an e-mail nor a postal address")
        try:
            command = SetContact(
                body_id=body_id,
                email=email,
                postal_address=address or None,
                salutation=row["salutation"] or None,
                name=row["name"] or None,
            )
        except ValidationError as error:
            for wrong in error.errors():
                faults.add(row, str(wrong["loc"][0]), wrong["msg"])
        else:
            yield Contact(row, command)


def _is_address(email: str) -> bool:
    try:
        return bool(Address(addr_spec=email).domain)
    except (HeaderParseError, ValueError, IndexError):
        return False


async def _ensure_registered(client: Client, contacts: Iterable[Contact], faults: Faults) -> None:
    register = await client.view("scheduler", "register")
    known = {item["id"] for item in register.items if item["fact"] == "body"}
    for row, command in contacts:
        if command.body_id not in known:
            hint = did_you_mean(command.body_id, known)
            faults.add(row, "body_id", f"no body of the register{hint}")


async def _present(client: Client, contacts: Iterable[Contact]) -> dict[str, dict[str, Any]]:
    """The contacts as far as the caller may read them: those that it has set itself."""
    present: dict[str, dict[str, Any]] = {}
    body_ids = [contact.command.body_id for contact in contacts]
    for start in range(0, len(body_ids), MOST_THINGS):
        asked: dict[str, Any] = {"ids": body_ids[start : start + MOST_THINGS]}
        while True:
            answer = await client.view("invitations", "texts", **asked)
            for item in answer.items:
                present.setdefault(item["id"], {})[item["field"]] = item["text"]
            if answer.cursor is None:
                break
            asked["cursor"] = answer.cursor
    return present


def _compared(contact: Contact, present: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the import does with a contact, and which of its parts differ; values are personal and left out."""
    values = contact.values
    if present is None:
        return {"body_id": contact.command.body_id, "state": "new", "fields": list(values)}
    differing = [name for name in VALUES if values.get(name) != present.get(name)]
    state = "different" if differing else "unchanged"
    return {"body_id": contact.command.body_id, "state": state, "fields": differing}


async def _send(client: Client, contacts: list[Contact]) -> None:
    refusals: dict[str, str] = {}
    with progress(len(contacts), "import") as advance:
        for contact in contacts:
            body = contact.command.model_dump(mode="json", exclude_none=True)
            answer = await client.command("invitations", SetContact.NAME, body)
            if isinstance(answer, Refusal):
                where = f"{contact.row.file}:{contact.row.line}"
                refusals[where] = f"{answer.error.code}: {answer.error.message}"
            advance("contacts")
    if refusals:
        raise Failure(
            REFUSED,
            "ImportRefused",
            f"{len(refusals)} of {len(contacts)} contacts were refused; what was accepted stays,"
            " and a repeat goes on from here",
            refusals,
        )


def _show(rows: list[dict[str, Any]], sent: str, output: Output) -> None:
    if output != Output.TABLE:
        show({"contacts": rows}, rows, output)
        return
    listed = [
        row | {"fields": ", ".join(row["fields"])} for row in rows if row["state"] != "unchanged"
    ]
    if listed:
        table(listed)
    states = [row["state"] for row in rows]
    counts = ", ".join(
        f"{states.count(state)} {state}" for state in ("new", "different", "unchanged")
    )
    say(f"{len(rows)} contacts: {counts}; {sent}.")
