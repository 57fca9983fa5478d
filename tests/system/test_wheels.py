"""Each service deployed apart: its wheel alone, in an environment that holds no other service."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import ROOT, Environment, ask, serving

SERVICES = ("scheduler", "invitations", "agenda", "reporting")
SHARED = ("siko_contracts", "siko_core", "siko_documents", "siko_itip")
NEEDED = {service: SHARED if service == "invitations" else SHARED[:2] for service in SERVICES}
"""Of what services share, what each is installed with."""
OURS = ("siko", *SHARED, *(f"siko_{service}" for service in SERVICES))
QUERIES = {"scheduler": "log", "invitations": "log", "agenda": "log", "reporting": "compliance"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_and_answers_where_no_other_is_installed(
    service: str, environment: Callable[..., Environment], broker: str, tmp_path: Path
) -> None:
    ours = [*NEEDED[service], f"siko_{service}"]
    alone = environment(ROOT / "locks" / f"{service}.lock", *ours)
    assert alone.importable(*OURS) == ours
    with serving(service, alone.path(f"siko-{service}"), broker, tmp_path):
        answer = ask(broker, tmp_path, f"siko.query.{service}.{QUERIES[service]}", {})
    assert answer["ok"], answer


def test_the_contracts_need_no_part_of_siko_and_of_others_only_pydantic(
    environment: Callable[..., Environment],
) -> None:
    alone = environment(None, "siko-contracts")
    assert alone.importable(*OURS) == ["siko_contracts"]
    code = (
        "from importlib.metadata import requires; import siko_contracts.events;"
        "print(requires('siko-contracts'))"
    )
    assert alone.run(code) == "['pydantic>=2.12,<3']"
