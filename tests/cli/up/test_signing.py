"""Signing in to a system on one machine: a short token that only its owner reads, and out of it for good."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from siko.issuer import LIFE_SECONDS

COMPLIANCE = ("query", "reporting", "compliance", "--output", "json")


def asked(system: Any, siko: Any, *arguments: str, **environment: str) -> Any:
    """As somebody at a terminal: whoever is signed in."""
    return siko(*arguments, "--data", str(system.folder), **environment)


@pytest.fixture(autouse=True)
def nobody_is_signed_in(system: Any) -> None:
    (system.folder / "identity" / "token").unlink(missing_ok=True)


def test_without_a_sign_in_nothing_is_answered_and_it_is_said_what_to_do(
    system: Any, siko: Any
) -> None:
    refused = asked(system, siko, *COMPLIANCE)

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("NotAuthorised: sign in first: `siko login`")


def test_a_sign_in_opens_what_its_role_may_see_until_the_sign_out(system: Any, siko: Any) -> None:
    signed_in = asked(system, siko, "login", "--as", "ministry", "--output", "json")
    assert json.loads(signed_in.stdout)["signed_in"] == "ministry@nrw"
    assert asked(system, siko, *COMPLIANCE).returncode == 0
    assert asked(system, siko, "replay", "scheduler").stderr.startswith("NotAuthorised: ")
    token = system.folder / "identity" / "token"
    kept = token.read_text()
    assert asked(system, siko, "logout").stdout == "signed out\n"
    assert not token.exists()

    token.write_text(kept)
    replayed = asked(system, siko, *COMPLIANCE)

    assert replayed.returncode == 1
    assert "signed out" in replayed.stderr
    assert asked(system, siko, "login", "--as", "ministry").returncode == 0
    assert asked(system, siko, *COMPLIANCE).returncode == 0


def test_a_sign_out_holds_over_a_restart_of_everything(
    tmp_path: Path, running: Any, siko: Any
) -> None:
    with running(tmp_path / "data") as first:
        asked(first, siko, "login", "--as", "auditor")
        kept = (first.folder / "identity" / "token").read_text()
        assert asked(first, siko, "logout").returncode == 0
    with running(tmp_path / "data") as second:
        (second.folder / "identity" / "token").write_text(kept)
        assert "signed out" in asked(second, siko, *COMPLIANCE).stderr


def test_key_and_token_are_readable_by_their_owner_only(system: Any, siko: Any) -> None:
    asked(system, siko, "login", "--as", "secretariat@pp-koeln")
    folder = system.folder / "identity"

    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}

    assert modes == {
        "signing-key.pem": 0o600,
        "token": 0o600,
        "keys.json": 0o644,
        "sign-ins": 0o700,
    }
    assert {stat.S_IMODE(file.stat().st_mode) for file in (folder / "sign-ins").iterdir()} == {
        0o600
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "d" not in json.loads((folder / "keys.json").read_text())["keys"][0]
    assert LIFE_SECONDS <= 3600


def test_sign_ins_stay_side_by_side_and_one_is_picked_for_a_command(system: Any, siko: Any) -> None:
    asked(system, siko, "login", "--as", "operator")
    asked(system, siko, "login", "--as", "auditor")
    log = ("query", "scheduler", "log", "limit=1", "--output", "json")

    assert asked(system, siko, *log).returncode == 0
    assert "NotAuthorised" in asked(system, siko, "--as", "operator", *log).stderr
    assert "NotAuthorised" in asked(system, siko, *log, SIKO_AS="operator@nrw").stderr
    assert asked(system, siko, "--as", "auditor", *log).returncode == 0
    assert asked(system, siko, "--as", "auditor", "logout").stdout == "signed out\n"
    assert "nobody is signed in as 'auditor'" in asked(system, siko, "--as", "auditor", *log).stderr
    assert asked(system, siko, "--as", "operator", "query", "agenda", "positions").returncode == 0


def test_whom_the_register_does_not_know_nobody_acts_for(system: Any, siko: Any) -> None:
    empty = asked(system, siko, "login", "--as", "secretariat@pp-kolen")
    assert (empty.returncode, "register is empty" in empty.stderr) == (0, True)
    authority = (
        "authority_id=pp-koeln", "name=Polizeipräsidium Köln", "kind=polizeipraesidium",
        "district=br-koeln", "valid_from=2023-01-01",
    )  # fmt: skip
    asked(system, siko, "login", "--as", "ministry")
    assert (
        asked(system, siko, "send", "scheduler", "register_authority", *authority).returncode == 0
    )

    refused = asked(system, siko, "login", "--as", "secretariat@pp-kolen")

    assert refused.returncode == 2
    assert "no authority 'pp-kolen'; did you mean pp-koeln?" in refused.stderr
    assert asked(system, siko, "login", "--as", "convenor@pp-koeln").stderr == ""


def test_where_a_provider_is_set_tokens_come_from_there(system: Any, siko: Any) -> None:
    refused = asked(
        system, siko, "login", "--as", "auditor", SIKO_OIDC_ISSUER="https://login.example"
    )

    assert refused.returncode == 2
    assert "SIKO_TOKEN_FILE" in refused.stderr
    assert not (system.folder / "identity" / "token").exists()


def test_a_token_file_goes_before_the_stored_token(system: Any, siko: Any, tmp_path: Path) -> None:
    asked(system, siko, "login", "--as", "auditor")
    (tmp_path / "token").write_text("none")

    refused = asked(system, siko, *COMPLIANCE, SIKO_TOKEN_FILE=str(tmp_path / "token"))
    missing = asked(system, siko, *COMPLIANCE, SIKO_TOKEN_FILE=str(tmp_path / "missing"))

    assert refused.stderr.startswith("NotAuthorised: the token is not accepted")
    assert (missing.returncode, "SIKO_TOKEN_FILE" in missing.stderr) == (3, True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "secretariat@pp-koeln"),
        (("--as", "secretary@pp-koeln"), "secretariat"),
        (("--as", "secretariat"), "secretariat@pp-koeln"),
    ],
)
def test_who_does_not_say_as_whom_is_told_how(
    system: Any, siko: Any, given: Any, said: str
) -> None:
    refused = asked(system, siko, "login", *given)

    assert refused.returncode == 2
    assert said in refused.stderr


def test_a_partner_acts_for_its_own_body_under_the_name_of_its_function(
    system: Any, siko: Any
) -> None:
    asked(system, siko, "login", "--as", "partner:leadership@stadt-koeln")
    contact = ("send", "invitations", "set_contact", "email=a@example.org")

    assert "NotAuthorised" in asked(system, siko, *contact, "body_id=ag-koeln").stderr
    assert "NotYetKnown" in asked(system, siko, *contact, "body_id=stadt-koeln").stderr


def test_the_auditor_sees_who_was_refused(system: Any, siko: Any) -> None:
    asked(system, siko, "login", "--as", "operator")
    assert asked(system, siko, "replay", "agenda").returncode == 1
    asked(system, siko, "login", "--as", "auditor")

    seen = asked(system, siko, "access-log", "--role", "operator", "--output", "json")

    items = json.loads(seen.stdout)["items"]
    assert ("agenda", "query agenda.log", "NotAuthorised") in {
        (item["service"], item["asked"], item["outcome"]) for item in items
    }


def test_with_auth_off_every_answer_says_so_and_the_start_warns(
    tmp_path: Path, running: Any, siko: Any
) -> None:
    with running(tmp_path / "data", SIKO_AUTH="off") as system:
        assert asked(system, siko, *COMPLIANCE).returncode == 0
        assert "auth_is_off" in (system.folder / "logs" / "agenda.log").read_text()
        assert "SIKO_AUTH=off" in system.said()
