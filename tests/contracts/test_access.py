"""Who may ask for what: every command and query says it, about fields that it has and things that are found."""

from typing import get_args

import pytest
from siko_contracts.access import AT_AN_AUTHORITY, SECRETARIAT, Access, Role
from siko_contracts.commands import COMMANDS, Command
from siko_contracts.commands.agenda import PlaceItem
from siko_contracts.queries import Query
from siko_contracts.values import Id
from siko_core.eventsourced.application import Saved
from siko_core.write_service import WriteService

from tests.contracts.rights import COMMAND_ACCESS, QUERY_ACCESS
from tests.core.toy import CONTRACTS, Notes

ROLES: tuple[Role, ...] = get_args(Role)


def test_a_right_to_ones_own_says_what_that_is():
    for service, commands in COMMANDS.items():
        for name, model in commands.items():
            if model.ACCESS.own:
                assert model.ACCESS.names, f"{service}.{name}: what must be the authority's own"
            if model.ACCESS.partner:
                assert model.ACCESS.names or model.ACCESS.body, f"{service}.{name}"


def test_a_command_or_a_query_without_a_right_is_no_class():
    with pytest.raises(TypeError, match="Silent has no ACCESS: say who may ask for it"):

        class Silent(Command):
            NAME = "silent"

    with pytest.raises(TypeError, match="Unanswered has no ITEM"):

        class Unanswered(Query):
            NAME = "unanswered"
            ACCESS = Access(free=("auditor",))


def test_a_right_is_not_inherited():
    with pytest.raises(TypeError, match="PlaceTwice has no ACCESS"):

        class PlaceTwice(PlaceItem):
            NAME = "place_twice"


def test_a_right_names_fields_that_name_something():
    with pytest.raises(TypeError, match=r"Strange.ACCESS: \['number', 'topic'\] are no fields"):

        class Strange(PlaceItem):
            NAME = "strange"
            ACCESS = Access(own=SECRETARIAT, names=("conference_id", "topic", "number"))


def test_a_right_about_what_the_application_cannot_find_does_not_start():
    class ReadNote(Command):
        NAME = "read_note"
        ACCESS = Access(own=SECRETARIAT, names=("note_id", "register_id"))
        note_id: Id
        register_id: Id

    def read(notes: Notes, command: ReadNote) -> Saved:
        raise NotImplementedError

    with pytest.raises(TypeError, match=r"\['register_id'\]: add to Notes.NAMED"):
        WriteService(Notes, CONTRACTS, commands={ReadNote: read})


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


def test_r8_a_past_release_is_entered_by_the_convenor_and_all_else_by_secretariat_and_minute_taker():
    entered_by = {
        name: access.backdated_by
        for rows in COMMAND_ACCESS.values()
        for name, access in rows.items()
    }
    assert entered_by.pop("release_invitations") == ("convenor",)
    assert {*entered_by.values()} == {("secretariat", "minute_taker")}


def test_every_role_may_do_something():
    every = [*COMMAND_ACCESS.values(), *QUERY_ACCESS.values()]
    for role in ROLES:
        assert any(role in access.roles for rows in every for access in rows.values()), role
