"""Who may ask for what: every command and query has a row, and people read the same table."""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest
from siko_contracts import operations
from siko_contracts.access import AT_AN_AUTHORITY, COMMAND_ACCESS, QUERY_ACCESS, Access, Role
from siko_contracts.commands import COMMANDS, OPERATIONS
from siko_contracts.fields import naming
from siko_contracts.queries import QUERIES
from siko_core.write_service import WriteService

from tests.core.toy import COMMANDS as TOY_COMMANDS
from tests.core.toy import CONTRACTS, Notes

PAGE = Path(__file__).parents[2] / "docs" / "identity.md"
ROLES: tuple[Role, ...] = get_args(Role)


def _table(rows: Mapping[str, Mapping[str, Access]]) -> str:
    """As docs/identity.md has it."""
    lines = ["| | own only | everything |", "|---|---|---|"]
    services_of: dict[tuple[str, Access], list[str]] = {}
    for service, names in rows.items():
        for name, access in names.items():
            services_of.setdefault((name, access), []).append(service)
    for (name, access), services in services_of.items():
        where = services[0] if len(services) < len(rows) - 1 else "every service"
        if 1 < len(services) == len(rows) - 1:
            where = ", ".join(services)
        own = [*access.own, *(["partner"] if access.partner else [])]
        body = [access.body] if access.body else []
        fields = dict.fromkeys((*access.names, *body, *access.open_to_partner))
        of = f" ({', '.join(fields)})" if own else ""
        lines.append(
            f"| {where} `{name}` | {', '.join(own)}{of if of != ' ()' else ''} | {', '.join(access.free)} |"
        )
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("title", "rows"), [("commands", COMMAND_ACCESS), ("queries", QUERY_ACCESS)]
)
def test_the_page_for_people_has_the_same_table(title, rows):
    """Else: put this into docs/identity.md."""
    assert _table(rows) in PAGE.read_text("utf-8"), _table(rows)


def test_every_command_and_query_has_a_row():
    repairs, asked = set(OPERATIONS), set(operations.QUERIES)
    for service in ("scheduler", "invitations", "agenda", "reporting"):
        assert COMMAND_ACCESS[service].keys() >= COMMANDS.get(service, {}).keys() | repairs
        assert QUERY_ACCESS[service].keys() >= QUERIES[service].keys() | asked


def test_a_command_without_a_row_does_not_start():
    with pytest.raises(LookupError, match=r"scheduler\.write_note has no row"):
        WriteService(Notes, CONTRACTS, commands=TOY_COMMANDS)


def test_what_a_row_names_are_fields_of_its_command():
    for service, commands in COMMANDS.items():
        for name, model in commands.items():
            access = COMMAND_ACCESS[service][name]
            named = {
                *access.names,
                *access.open_to_partner,
                *([access.body] if access.body else []),
            }
            assert named <= set(naming(model)), name
            if access.own:
                assert access.names, f"{name}: what must be the authority's own"
            if access.partner:
                assert access.names or access.body, f"{name}: what must concern the body"


def test_what_a_row_of_a_query_names_are_fields_of_it():
    for service, asked in QUERIES.items():
        for name, model in asked.items():
            assert {*QUERY_ACCESS[service][name].names} <= set(naming(model)), name


def test_the_auditor_reads_everything_but_how_far_a_repair_has_come_and_writes_nothing():
    for rows in COMMAND_ACCESS.values():
        assert not [name for name, access in rows.items() if "auditor" in access.roles]
    for service, rows in QUERY_ACCESS.items():
        assert all("auditor" in access.free for access in rows.values()), service


def test_operators_and_services_and_the_ministry_read_no_conference():
    for role in ("operator", "service", "ministry"):
        for name in ("conferences", "conference", "invitations", "actions"):
            assert role not in QUERY_ACCESS["reporting"][name].roles
        for service in ("scheduler", "invitations", "agenda"):
            assert role not in QUERY_ACCESS[service]["history"].roles


def test_no_role_of_an_authority_is_free_where_another_authoritys_conference_is_named():
    for service, rows in COMMAND_ACCESS.items():
        for name, access in rows.items():
            if {"conference_id", "topic_id", "action_id"} & {*access.names}:
                assert not {*AT_AN_AUTHORITY, "partner"} & {*access.free}, (service, name)


def test_every_role_may_do_something():
    every = [*COMMAND_ACCESS.values(), *QUERY_ACCESS.values()]
    for role in ROLES:
        assert any(role in access.roles for rows in every for access in rows.values()), role
