"""The reference data becomes commands: all of it checked before the first is sent, and a repeat changes nothing."""

import asyncio
import csv
import json
import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from siko.client import connect
from siko.commands.import_nrw import FILES
from siko.csv_form import Encoding, Form, Separator
from siko.import_nrw import import_nrw, shipped
from siko.import_nrw.bodies import AREA_COLUMNS, MOTORWAY_COLUMNS
from siko.import_nrw.dispatch import carry_out, command_id
from siko.import_nrw.plan import AREAS_COLUMNS, AUTHORITY_COLUMNS, read_plan
from siko.output import Failure, Output
from siko_contracts.exit_codes import DONE, REFUSED, WRONG_USAGE
from siko_contracts.messages import COMMAND_ID

NRW = Path(str(files("siko.import_nrw") / "data"))


@pytest.fixture
def nrw(tmp_path) -> Path:
    """A copy of the real input, to be broken."""
    return Path(shutil.copytree(NRW, tmp_path / "nrw"))


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def body(body_id: str):
    return next(body for body in shipped().bodies if body.body_id == body_id)


def test_the_shipped_data_are_47_authorities_63_areas_5_duties_and_22_bodies():
    counts = {kind: len(commands) for kind, commands in shipped().kinds().items()}
    assert counts == {"authorities": 47, "areas": 63, "motorway_duties": 5, "bodies": 22}


def test_the_mark_verified_is_kept():
    unverified = {assigned.area for assigned in shipped().areas if not assigned.verified}
    assert unverified == {"Solingen", "Bottrop"}
    assert not body("schulamt-leverkusen").verified
    assert body("schulamt-koeln").verified


def test_motorway_sections_say_that_nobody_has_verified_them():
    duty = next(duty for duty in shipped().duties if duty.authority_id == "pp-koeln")
    assert duty.sections == ("BAB im Bezirk der Bezirksregierung Köln",)
    assert not duty.verified


def test_districts_become_the_ids_of_their_district_governments():
    districts = {authority.district for authority in shipped().authorities}
    assert districts == {
        f"br-{d}" for d in ("duesseldorf", "koeln", "muenster", "detmold", "arnsberg")
    }


def test_a_body_of_two_files_is_registered_once_with_areas_and_motorways():
    prosecutor = body("sta-koeln")
    assert prosecutor.areas == ("Köln", "Leverkusen")
    assert prosecutor.motorway_authority_ids == ("pp-koeln",)


def test_district_governments_are_sent_before_the_bodies_reached_through_them():
    *_, (_, governments), (_, others) = shipped().phases()
    assert [body.body_id for body in governments] == ["br-koeln"]
    assert "schulamt-koeln" in {body.body_id for body in others}


def test_what_makes_no_body_is_listed_as_not_taken():
    assert shipped().not_taken == [
        {"file": "authorities.csv", "column": "public_prosecutors", "values": 47},
        {"file": "authorities.csv", "column": "note", "values": 6},
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "said"),
    [
        ("authorities.csv", "pp-essen,", "PP Essen,", "authorities.csv:4", "id: "),
        ("authorities.csv", "LANDRAT", "LANDRATT", "authorities.csv:9", "kind: unknown 'LANDRATT'"),
        ("authorities.csv", "Bezirksregierung Köln", "Köln", "authorities.csv:14", "district: "),
        ("authorities.csv", "pp-bonn,", "pp-aachen,", "authorities.csv:15", "line 14 already"),
        ("authorities.csv", "id,name", "id,nam", "authorities.csv:1", "name: column is missing"),
        ("areas.csv", "pp-essen,Essen,yes", "pp-essen,Essen,ja", "areas.csv:4", "verified: "),
        ("areas.csv", "pp-essen,Essen", "pp-esen,Essen", "areas.csv:4", "authority_id: pp-esen"),
        ("areas.csv", ",Bochum,", ",Köln,", "areas.csv:51", "area: Köln stands in line 27"),
        ("areas.csv", "pp-essen,Essen,yes", "pp-essen,Essen", "areas.csv:4", "has 2 values"),
        ("areas.csv", ",Essen,", ",Es\x00sen,", "areas.csv:4", "control character"),
        ("bodies-koeln-leverkusen.csv", "SCHULAMT,Köln,VIA,br-koeln", "SCHULAMT,Köln,DIRECT,", "bodies-koeln-leverkusen.csv:14", "only"),
        ("bodies-koeln-leverkusen.csv", "VIA,br-koeln", "VIA,", "bodies-koeln-leverkusen.csv:14", "via: "),
        ("bodies-koeln-leverkusen.csv", "VIA,br-koeln", "VIA,hza-koeln", "bodies-koeln-leverkusen.csv:14", "no district government"),
        ("bodies-koeln-leverkusen.csv", "VIA,br-koeln", "VIA,br-bonn", "bodies-koeln-leverkusen.csv:14", "none of the files"),
        ("bodies-koeln-leverkusen.csv", "Köln|Leverkusen", "Köln|Leverkusn", "bodies-koeln-leverkusen.csv:2", "areas: Leverkusn"),
        ("bodies-koeln-leverkusen.csv", "ag-koeln,", "sta-koeln,", "bodies-koeln-leverkusen.csv:3", "in this file already"),
        ("bodies-siko-ap-koeln.csv", "Hauptzollamt Köln", "Hauptzollamt Bonn", "bodies-siko-ap-koeln.csv:6", "of the same body"),
        ("bodies-siko-ap-koeln.csv", "BETREIBER", "BETRIEB", "bodies-siko-ap-koeln.csv:11", "did you mean BETREIBER?"),
    ],
)  # fmt: skip
def test_a_bad_line_is_named_with_its_file_number_column_and_reason(  # noqa: PLR0917
    nrw, file, old, new, where, said
):
    edit(nrw / file, old, new)
    with pytest.raises(Failure) as failed:
        read_plan(nrw)
    assert (failed.value.exit_code, failed.value.code) == (REFUSED, "InvalidInput")
    assert said in failed.value.details[where]


def test_every_bad_line_is_named_not_only_the_first(nrw):
    edit(nrw / "areas.csv", "pp-essen,Essen,yes", "pp-essen,Essen,ja")
    edit(nrw / "authorities.csv", "LANDRAT", "LANDRATT")
    edit(nrw / "bodies-siko-ap-koeln.csv", "BETREIBER", "BETRIEB")
    with pytest.raises(Failure) as failed:
        read_plan(nrw)
    places = set(failed.value.details)
    assert {"areas.csv:4", "authorities.csv:9", "bodies-siko-ap-koeln.csv:11"} <= places


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        ("authority_id,area,verified\npp-köln".encode("latin-1"), "no UTF-8"),
        (b'authority_id,area,verified\npp-koeln,"K\xc3\xb6ln,yes\n', "no CSV"),
    ],
    ids=["empty", "latin-1", "open quote"],
)
def test_a_file_that_is_no_csv_is_named(nrw, content, said):
    (nrw / "areas.csv").write_bytes(content)
    with pytest.raises(Failure) as failed:
        read_plan(nrw)
    assert any(said in reason for reason in failed.value.details.values())


def from_excel(folder: Path, separator: str, encoding: str) -> None:
    """Each file as Excel saves it in Germany: with the ends of lines of Windows, and `?` for letters that it has not."""
    for file in folder.glob("*.csv"):
        rows = list(csv.reader(file.read_text("utf-8").splitlines()))
        with file.open("w", newline="", encoding=encoding, errors="replace") as target:
            csv.writer(target, delimiter=separator).writerows(rows)


@pytest.mark.parametrize(
    ("separator", "encoding", "form"),
    [
        (",", "utf-8-sig", Form()),
        (";", "utf-8-sig", Form(Separator.SEMICOLON)),
        (";", "cp1252", Form(Separator.SEMICOLON, Encoding.WINDOWS_1252)),
        (",", "cp1252", Form(encoding=Encoding.WINDOWS_1252)),
    ],
)
def test_files_are_read_as_excel_writes_them_where_it_is_said_how(nrw, separator, encoding, form):
    from_excel(nrw, separator, encoding)
    assert read_plan(nrw, form).kinds() == shipped().kinds()


@pytest.mark.parametrize(
    ("separator", "encoding", "form", "cure"),
    [
        (";", "utf-8", Form(), "--separator semicolon"),
        (",", "utf-8", Form(Separator.SEMICOLON), "--separator comma"),
        (",", "cp1252", Form(), "--encoding windows-1252"),
        (",", "utf-8", Form(encoding=Encoding.WINDOWS_1252), "leave out --encoding"),
        (",", "utf-16", Form(), "CSV UTF-8"),
    ],
)
def test_a_file_of_another_form_is_refused_with_the_cure(nrw, separator, encoding, form, cure):
    """Also UTF-8 that is said to be Windows-1252, which would be read with other letters."""
    from_excel(nrw, separator, encoding)
    with pytest.raises(Failure) as failed:
        read_plan(nrw, form)
    assert cure in failed.value.details["authorities.csv:" + LINE_OF_CURE.get(encoding, "1")]


LINE_OF_CURE = {"cp1252": "2"}
"""Where the first letter stands that is not ASCII."""


def test_how_files_are_written_is_said_of_ones_own():
    with pytest.raises(Failure) as failed:
        import_nrw(None, True, Output.TABLE, None, Form(Separator.SEMICOLON))
    assert failed.value.exit_code == WRONG_USAGE


def test_the_help_lists_the_columns_of_each_file():
    assert {name: tuple(columns.split(", ")) for name, columns in FILES.items()} == {
        "authorities.csv": AUTHORITY_COLUMNS,
        "areas.csv": AREAS_COLUMNS,
        "bodies-NAME.csv": AREA_COLUMNS,
        "bodies-siko-ap-NAME.csv": MOTORWAY_COLUMNS,
    }


def test_a_folder_without_the_files_names_those_that_are_missing(tmp_path):
    with pytest.raises(Failure) as failed:
        read_plan(tmp_path)
    assert {"authorities.csv:1", "areas.csv:1", "bodies-*.csv:1"} <= set(failed.value.details)


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path):
    with pytest.raises(Failure) as failed:
        import_nrw(tmp_path / "nowhere", False, Output.TABLE, None)
    assert failed.value.exit_code == WRONG_USAGE


def test_a_plan_shows_all_commands_and_sends_none(monkeypatch, capsys):
    monkeypatch.setenv("SIKO_NATS_URL", "nats://127.0.0.1:1")
    assert import_nrw(None, True, Output.JSON, None) == DONE
    commands = json.loads(capsys.readouterr().out)["commands"]
    assert len(commands) == 47 + 63 + 5 + 22
    assert len({command["command_id"] for command in commands}) == len(commands)


class Scheduler:
    """Takes commands as the scheduler does: an accepted id gets its first answer again."""

    def __init__(self) -> None:
        self.accepted: dict[str, dict[str, Any]] = {}
        self.refuses: dict[str, str] = {}

    async def run(self, services) -> None:
        await services.answer("siko.command.scheduler.*", self._take)
        await services.answer(
            "siko.query.scheduler.positions",
            lambda _: {"ok": True, "position": {"scheduler": len(self.accepted)}},
        )

    def _take(self, message) -> dict[str, Any]:
        fields = json.loads(message.data)
        about = fields.get("body_id") or fields.get("area") or fields["authority_id"]
        if code := self.refuses.get(about):
            return {"ok": False, "error": {"code": code, "message": "…"}}
        accepted = {"ok": True, "id": about, "version": 1, "position": len(self.accepted) + 1}
        return self.accepted.setdefault(message.headers[COMMAND_ID], accepted)


async def test_a_repeat_of_the_import_finds_everything_unchanged(nats_url, services):
    await Scheduler().run(services)
    plan = shipped()
    async with connect(nats_url) as client:
        first = await carry_out(client, plan)
        second = await carry_out(client, plan)
    assert sum(first.new.values()) == 137
    assert first.unchanged == {}
    assert sum(second.unchanged.values()) == 137
    assert second.new == {}


async def test_what_is_registered_otherwise_is_left_as_it_is_and_named(nats_url, services):
    scheduler = Scheduler()
    scheduler.refuses["stadt-koeln"] = "AlreadyDone"
    await scheduler.run(services)
    async with connect(nats_url) as client:
        report = await carry_out(client, shipped())
    assert report.different == ["register_body stadt-koeln"]
    assert sum(report.new.values()) == 136


async def test_a_refusal_ends_the_import_before_the_next_kind(nats_url, services):
    scheduler = Scheduler()
    scheduler.refuses["Köln"] = "CompetenceOverlaps"
    await scheduler.run(services)
    async with connect(nats_url) as client:
        with pytest.raises(Failure) as failed:
            await carry_out(client, shipped())
    assert failed.value.exit_code == REFUSED
    assert failed.value.details == {"assign_area Köln": "CompetenceOverlaps: …"}
    assert not any("register_body" in message.subject for message in services.asked)


async def test_a_broken_input_sends_nothing(nats_url, services, nrw, monkeypatch):
    monkeypatch.setenv("SIKO_NATS_URL", nats_url)
    await Scheduler().run(services)
    edit(nrw / "areas.csv", "pp-essen,Essen,yes", "pp-essen,Essen,ja")
    with pytest.raises(Failure):
        await asyncio.to_thread(import_nrw, nrw, False, Output.TABLE, None)
    assert services.asked == []


def test_a_changed_line_is_another_command():
    assigned = shipped().areas[0]
    assert command_id(assigned) == command_id(assigned.model_copy())
    assert command_id(assigned) != command_id(assigned.model_copy(update={"verified": False}))
