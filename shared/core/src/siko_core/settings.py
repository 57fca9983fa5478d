"""Settings from the environment, prefix `SIKO_`; `<NAME>_FILE` names a file that holds the value (contracts §9)."""

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from siko_contracts.messages import PRODUCERS

from siko_core.databases import parse
from siko_core.files import OpenToOthers, ensure_private

PREFIX = "SIKO_"
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class SettingsError(Exception):
    """A setting is unknown, malformed or forbidden; the message names it and the cure."""


class Settings(BaseModel):
    """All settings of all services; those that a service does not use have no effect there."""

    model_config = ConfigDict(extra="forbid")

    nats_url: str = "nats://127.0.0.1:4222"
    nats_credentials_file: Path | None = None
    nats_ca_file: Path | None = None
    """File of the CAs to trust for servers at a `tls://` address; default: the system's."""
    database_url: SecretStr = SecretStr("")
    """`sqlite:///FILE` or `postgresql://…`; default: a file named after the service in the working folder."""
    keys_url: SecretStr = SecretStr("")
    """Address of the separate store of sealing keys; default: a file beside the default database."""
    clock: Literal["system", "manual"] = "system"
    ruleset: str = "nrw-2024.1"
    log_format: Literal["json", "console"] = "json"
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    auth: Literal["on", "off"] = "on"
    """`off`: roles are not checked; on loopback only."""
    identity_keys_file: Path | None = None
    """JWKS file for tokens that the system issues itself, as `siko up` writes it."""
    oidc_issuer: str | None = None
    """The identity provider's issuer address; its keys are located by OpenID Connect discovery."""
    access_log_url: SecretStr = SecretStr("")
    """Address of the separate access log store; default: a file beside the default database."""
    access_log_days: Annotated[int, Field(ge=1)] = 180
    replies_dir: Path | None = None
    """Folder with a folder for each authority, where mails that answer invitations are put."""
    smtp_url: str | None = None
    """The house's mail server: `smtp://HOST:PORT`, with STARTTLS unless it is on this machine, or `smtps://HOST:PORT`."""
    smtp_user: str | None = None
    smtp_password: SecretStr = SecretStr("")
    smtp_ca_file: Path | None = None
    """File of the CAs to trust for the mail server; default: the system's."""
    smtp_per_minute: Annotated[int, Field(ge=1)] | None = None
    """How many mails a minute the server takes; default: no limit."""
    mail_folder: Path | None = None
    """Without a mail server: the folder into which mails are laid as files."""


def load(service: str, environ: Mapping[str, str] | None = None) -> Settings:
    """Load the settings. Raises SettingsError for an unknown SIKO_ name (naming the nearest known) or a wrong value."""
    values = _with_files(dict(os.environ if environ is None else environ))
    known = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    given: dict[str, Any] = {}
    for name, value in values.items():
        if not name.startswith(PREFIX) or name in CLIENT_NAMES:
            continue
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise SettingsError(
                f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "")
            )
        given[known[name]] = value
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{str(first['loc'][0]).upper()}"
        raise SettingsError(f"{name}: {first['msg']}") from None
    if settings.clock == "manual" and settings.oidc_issuer:
        raise SettingsError(
            "SIKO_CLOCK=manual is for demos and tests and is refused beside SIKO_OIDC_ISSUER"
        )
    ensure_nats_url(settings.nats_url)
    _ensure_mail(settings)
    _ensure_identity(settings)
    defaults = {
        "access_log_url": SecretStr(f"sqlite:///{service}-access.db"),
        "database_url": SecretStr(f"sqlite:///{service}.db"),
        "keys_url": SecretStr(f"sqlite:///{service}-keys.db"),
    }
    missing = {n: v for n, v in defaults.items() if not getattr(settings, n).get_secret_value()}
    settings = settings.model_copy(update=missing)
    _ensure_databases(settings, has_keys=service in PRODUCERS)
    return settings


def ensure_nats_url(urls: str) -> None:
    """Check the broker's addresses. Raises SettingsError for a scheme that is not NATS', or without a host."""
    for url in urls.split(","):
        scheme, _, rest = url.rpartition("://")
        try:
            parts = urlsplit(f"//{rest}")
            is_right = scheme in {"", "nats", "tls"} and parts.hostname and parts.port != 0
        except ValueError:  # the port is no number
            is_right = False
        if not is_right:
            raise SettingsError("SIKO_NATS_URL: use nats://HOST:PORT or tls://HOST:PORT")


def _ensure_mail(settings: Settings) -> None:
    """Check how mails leave. Raises SettingsError for a wrong address, and for half a login."""
    if bool(settings.smtp_user) != bool(settings.smtp_password.get_secret_value()):
        raise SettingsError(
            "SIKO_SMTP_USER and SIKO_SMTP_PASSWORD belong together: set both or none"
        )
    if settings.smtp_url is None:
        return
    parts = urlsplit(settings.smtp_url)
    try:
        is_right = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
    except ValueError:  # the port is no number
        is_right = False
    if parts.username or parts.password:
        raise SettingsError(
            "SIKO_SMTP_URL: the login is not a part of it: set SIKO_SMTP_USER and SIKO_SMTP_PASSWORD_FILE"
        )
    if not is_right or parts.path not in {"", "/"}:
        raise SettingsError("SIKO_SMTP_URL: use smtp://HOST:PORT or smtps://HOST:PORT")
    if settings.mail_folder:
        raise SettingsError(
            "SIKO_MAIL_FOLDER is refused beside SIKO_SMTP_URL: mails leave by one way"
        )


def _ensure_databases(settings: Settings, *, has_keys: bool) -> None:
    """Check the databases' addresses.

    Raises SettingsError for one that is none, and if the sealing keys are to lie in the record's database: whoever has
    that, or a backup of it, could open what is sealed and what was erased.
    """
    places = {}
    for field in ("database_url", "keys_url", "access_log_url"):
        try:
            places[field] = parse(getattr(settings, field).get_secret_value()).place
        except ValueError as error:
            raise SettingsError(f"{PREFIX}{field.upper()}: {error}") from None
    if has_keys and places["keys_url"] == places["database_url"]:
        raise SettingsError(
            "SIKO_KEYS_URL: it names the database of SIKO_DATABASE_URL, but sealing keys need one of their own,"
            " with a backup of its own: name another"
        )


def _ensure_identity(settings: Settings) -> None:
    """Check that roles are verified with keys from one source; or that, with SIKO_AUTH=off, all is on loopback.

    Raises SettingsError otherwise.
    """
    if settings.auth == "off":
        if settings.oidc_issuer:
            raise SettingsError("SIKO_AUTH=off is refused beside SIKO_OIDC_ISSUER")
        if settings.http_host not in LOOPBACK:
            raise SettingsError(
                f"SIKO_HTTP_HOST={settings.http_host}: with SIKO_AUTH=off a service listens on loopback only"
            )
        if not all(is_here(url) for url in settings.nats_url.split(",")):
            raise SettingsError("SIKO_NATS_URL: with SIKO_AUTH=off the broker is on loopback only")
        return
    if settings.oidc_issuer and settings.identity_keys_file:
        raise SettingsError(
            "SIKO_IDENTITY_KEYS_FILE is refused beside SIKO_OIDC_ISSUER: tokens have one issuer"
        )
    if settings.oidc_issuer and not is_private_address(settings.oidc_issuer):
        raise SettingsError("SIKO_OIDC_ISSUER: use an https:// address")
    if not settings.oidc_issuer and not settings.identity_keys_file:
        raise SettingsError(
            "SIKO_OIDC_ISSUER or SIKO_IDENTITY_KEYS_FILE is needed: who asks is known by a token"
            " (`siko up` makes keys of its own; SIKO_AUTH=off judges no roles, on loopback only)"
        )


def is_here(url: str) -> bool:
    """Whether the address is on this machine."""
    return urlsplit(url if "//" in url else f"//{url}").hostname in LOOPBACK


def is_private_address(url: str) -> bool:
    """Whether the connection is private: HTTPS, or HTTP on this machine."""
    scheme = urlsplit(url).scheme
    return scheme == "https" or (scheme == "http" and is_here(url))


CLIENT_NAMES = {"SIKO_DATA", "SIKO_TOKEN_FILE", "SIKO_AS"}
"""Names that only the command line reads."""


def _with_files(environ: dict[str, str]) -> dict[str, str]:
    """Resolve names such as `SIKO_DATABASE_URL_FILE=/run/secrets/db`, which sets SIKO_DATABASE_URL.

    A setting whose own name ends with `_FILE` stays as it is. Raises SettingsError if a file cannot be read.
    """
    values = dict(environ)
    for name, path in environ.items():
        plain = name.removesuffix("_FILE")
        field = plain.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX) and plain != name and field in Settings.model_fields:
            try:
                if "SecretStr" in str(Settings.model_fields[field].annotation):
                    ensure_private(Path(path), may_be_lent=True)
                values[plain] = Path(path).read_text(encoding="utf-8").strip()
            except OpenToOthers as error:
                raise SettingsError(f"{name}: {error}") from None
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", "not UTF-8")
                raise SettingsError(f"{name}: {path} cannot be read ({why})") from None
            del values[name]
    return values
