"""What a stored sample holds, for who makes it and for who opens it."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
KINDS = ("sqlite", "postgresql")
PRODUCERS = ("scheduler", "invitations", "agenda")
ANSWERS = "answers.json"
RECREATED = {"logs", "run.json", "nats.conf", "topology.seen"}
"""What a data folder has beside its data; it names the machine, and is not stored."""

NOW = "2026-01-05T09:00:00+01:00"
"""After the year of the demo."""
UPCOMING = "2e0f7c1c-4a53-4e0b-9a3c-6f9c50a2b701"
"""A conference of Köln in 2026, with topics."""
SQUATTED = "2e0f7c1c-4a53-4e0b-9a3c-6f9c50a2b702"
"""A conference whose ids in the agenda had been taken by topics, as that version allowed: its events are parked."""
LATE = "2e0f7c1c-4a53-4e0b-9a3c-6f9c50a2b703"
"""A conference that reporting had not heard of when it was stopped."""
BEHIND = "reporting"
TOPIC = "2e0f7c1c-4a53-4e0b-9a3c-6f9c50a2b704"
CONFIDENTIAL = "2e0f7c1c-4a53-4e0b-9a3c-6f9c50a2b705"
"""A topic that only the body that submitted it may know."""
TAKEN = (f"agenda:{SQUATTED}", f"known:{SQUATTED}")
"""Ids of further topics."""
SEALED = "Ein versiegelter Text."
ACCESS_LOG = ("auditor", "reporting", "access_log", "limit=1000")
FILE = ("reporting", "conference", f"conference_id={UPCOMING}")
QUESTIONS = (
    ("auditor", "reporting", "compliance", "year=2025"),
    ("auditor", "reporting", "compliance", "year=2025", "as_of=2025-06-01T12:00:00+02:00"),
    ("auditor", "reporting", "conferences"),
    ("auditor", *FILE),
    ("partner@stadt-koeln", *FILE),
    ("partner@sta-koeln", *FILE),
    ("auditor", "reporting", "invitations"),
    ("auditor", "reporting", "situation_topics"),
    ("auditor", "reporting", "actions"),
    ("auditor", "scheduler", "register", "effective_on=2025-06-01"),
    ("auditor", "scheduler", "what_if", "ruleset=nrw-2024.1"),
    ("auditor", "agenda", "dead_letters"),
    ACCESS_LOG,
)
"""Role, service, query and parameters of what the version that made a sample has answered."""


@dataclass(frozen=True)
class Sample:
    """Made by the version of a commit, on a kind of database."""

    commit: str
    kind: str

    def __str__(self) -> str:
        return f"{self.commit}-{self.kind}"

    @property
    def file(self) -> Path:
        return FOLDER / self.commit / f"{self.kind}.tar.xz"

    def unpack(self, folder: Path) -> dict[str, Any]:
        """Into a new folder. Returns the answers of the version that made it."""
        with tarfile.open(self.file) as archive:
            archive.extractall(folder)
        answers: dict[str, Any] = json.loads((folder / ANSWERS).read_text())
        (folder / ANSWERS).unlink()
        return answers


def commits() -> list[str]:
    """Those of which samples are stored."""
    return sorted(file.parent.name for file in FOLDER.glob(f"*/{KINDS[0]}.tar.xz"))
