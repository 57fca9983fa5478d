"""Settings: a name or a value that is wrong ends the start, with what to do."""

import pytest
from siko_core.settings import Settings, SettingsError, load

SECRET = "geheim"
OFF = {"SIKO_AUTH": "off"}
ISSUER = "https://login.example"


def refused(**environ: str) -> str:
    with pytest.raises(SettingsError) as error:
        load("scheduler", environ)
    return str(error.value)


def test_without_settings_a_service_has_files_of_its_own_name():
    settings = load("scheduler", OFF)
    assert settings.database_url.get_secret_value() == "sqlite:///scheduler.db"
    assert settings.keys_url.get_secret_value() == "sqlite:///scheduler-keys.db"
    assert (settings.clock, settings.auth, settings.http_host) == ("system", "off", "127.0.0.1")


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("SIKO_DATABSE_URL", "SIKO_DATABASE_URL"),
        ("SIKO_NATSURL", "SIKO_NATS_URL"),
        ("SIKO_CLOK", "SIKO_CLOCK"),
        ("SIKO_DATABASE_URL_FIL", "SIKO_DATABASE_URL"),
    ],
)
def test_an_unknown_name_is_an_error_that_names_the_nearest(wrong, meant):
    assert refused(**{wrong: SECRET}) == f"{wrong} is no setting; did you mean {meant}?"


def test_an_unknown_name_near_to_none_is_an_error_too():
    assert refused(SIKO_XYZ123="1") == "SIKO_XYZ123 is no setting"


def test_names_of_others_are_none_of_our_business():
    assert load("scheduler", OFF | {"PATH": "/bin", "SIKOX": "1"}).clock == "system"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIKO_CLOCK", SECRET),
        ("SIKO_HTTP_PORT", SECRET),
        ("SIKO_HTTP_PORT", "65536"),
        ("SIKO_LOG_FORMAT", SECRET),
        ("SIKO_AUTH", SECRET),
    ],
)
def test_a_value_of_the_wrong_form_is_named_and_not_echoed(name, value):
    message = refused(**{name: value})
    assert message.startswith(f"{name}: ")
    assert SECRET not in message


def test_a_file_holds_a_setting(tmp_path):
    file = tmp_path / "url"
    file.write_text("postgresql://siko:pass@db/scheduler\n")
    settings = load("scheduler", OFF | {"SIKO_DATABASE_URL_FILE": str(file)})
    assert settings.database_url.get_secret_value() == "postgresql://siko:pass@db/scheduler"


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    message = refused(SIKO_KEYS_URL_FILE=str(tmp_path / "missing"))
    assert message.startswith("SIKO_KEYS_URL_FILE: ")
    assert "missing cannot be read" in message


def test_a_name_that_ends_in_file_by_itself_is_a_path(tmp_path):
    settings = load("scheduler", OFF | {"SIKO_NATS_CREDENTIALS_FILE": str(tmp_path / "creds")})
    assert settings.nats_credentials_file == tmp_path / "creds"


def test_the_manual_clock_is_refused_beside_an_oidc_issuer():
    assert load("scheduler", OFF | {"SIKO_CLOCK": "manual"}).clock == "manual"
    assert load("scheduler", {"SIKO_OIDC_ISSUER": ISSUER}).oidc_issuer == ISSUER
    message = refused(SIKO_CLOCK="manual", SIKO_OIDC_ISSUER=ISSUER)
    assert "SIKO_CLOCK=manual" in message
    assert "SIKO_OIDC_ISSUER" in message


def test_passwords_are_not_shown():
    settings = load("scheduler", OFF | {"SIKO_DATABASE_URL": f"postgresql://siko:{SECRET}@db/x"})
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings.model_dump())


def test_only_the_given_environment_counts(monkeypatch):
    monkeypatch.setenv("SIKO_CLOCK", "manual")
    monkeypatch.setenv("SIKO_AUTH", "off")
    assert load("scheduler", OFF).clock == "system"
    assert load("scheduler").clock == "manual"


def test_without_a_word_roles_are_judged_and_keys_are_needed():
    assert "SIKO_OIDC_ISSUER or SIKO_IDENTITY_KEYS_FILE is needed" in refused()
    assert load("scheduler", {"SIKO_IDENTITY_KEYS_FILE": "/keys.json"}).auth == "on"
    beside = refused(SIKO_IDENTITY_KEYS_FILE="/keys.json", SIKO_OIDC_ISSUER=ISSUER)
    assert "tokens have one issuer" in beside


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SIKO_HTTP_HOST", "0.0.0.0"),
        ("SIKO_NATS_URL", "nats://nats.example.org:4222"),
        ("SIKO_NATS_URL", "nats://127.0.0.1:4222,nats://nats.example.org:4222"),
        ("SIKO_NATS_URL", "nats.example.org"),
        ("SIKO_OIDC_ISSUER", ISSUER),
    ],
)
def test_roles_are_left_unjudged_on_loopback_only(name, value):
    assert load("scheduler", OFF).auth == "off"
    assert name in refused(**OFF, **{name: value})


def test_keys_come_over_https_or_from_this_machine():
    assert load("scheduler", {"SIKO_OIDC_ISSUER": "http://127.0.0.1:8080/realm"}).oidc_issuer
    assert "https" in refused(SIKO_OIDC_ISSUER="http://login.example")


@pytest.mark.parametrize(
    "url",
    ["http://nats:4222", "nats://a:4222,https://b:4222", "ws://nats:80", "nats://", "nats://a:b"],
)
def test_what_is_no_brokers_address_is_refused_with_the_form_of_one(url):
    message = refused(**OFF, SIKO_NATS_URL=url)
    assert message == "SIKO_NATS_URL: use nats://HOST:PORT or tls://HOST:PORT"


@pytest.mark.parametrize(
    "url", ["nats://127.0.0.1:4222", "127.0.0.1:4222", "localhost", "nats://[::1]:4222,localhost"]
)
def test_a_brokers_address_may_leave_out_what_is_usual(url):
    assert load("scheduler", OFF | {"SIKO_NATS_URL": url}).nats_url == url


@pytest.mark.parametrize("name", ["SIKO_DATABASE_URL", "SIKO_KEYS_URL", "SIKO_ACCESS_LOG_URL"])
def test_what_is_no_databases_address_is_refused_with_the_forms_of_one(name):
    message = refused(**OFF, **{name: f"mysql://siko:{SECRET}@db/siko"})
    assert message == f"{name}: use sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME"


@pytest.mark.parametrize(
    ("record", "keys"),
    [
        ("sqlite:///a.db", "sqlite:///a.db"),
        ("sqlite:///a.db", "sqlite:///./x/../a.db"),
        ("postgresql://s:p@db/record", "postgresql://k:q@db:5432/record"),
        ("postgresql://s:p@DB.example/record", "postgres://k@db.example/record?sslmode=require"),
        ("sqlite:///scheduler.db", "sqlite:///scheduler.db"),
    ],
)
def test_the_keys_have_a_database_of_their_own(record, keys):
    """Else an erasure that destroys a key leaves it in each backup of the record."""
    message = refused(**OFF, SIKO_DATABASE_URL=record, SIKO_KEYS_URL=keys)
    assert message.startswith("SIKO_KEYS_URL: it names the database of SIKO_DATABASE_URL")
    assert load("reporting", OFF | {"SIKO_DATABASE_URL": record, "SIKO_KEYS_URL": keys})


def test_the_keys_may_be_on_the_records_server():
    record, keys = "postgresql://s:p@db/record", "postgresql://k:q@db/keys"
    assert load("scheduler", OFF | {"SIKO_DATABASE_URL": record, "SIKO_KEYS_URL": keys})


def test_every_name_of_the_contract_is_known():
    """contracts §9."""
    assert set(Settings.model_fields) >= {
        "nats_url",
        "nats_credentials_file",
        "database_url",
        "keys_url",
        "clock",
        "ruleset",
        "log_format",
        "http_host",
        "http_port",
        "auth",
        "identity_keys_file",
        "oidc_issuer",
        "access_log_url",
        "access_log_days",
    }
