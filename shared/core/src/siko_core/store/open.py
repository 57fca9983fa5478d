"""Opens a service's store: the database, the sealing keys and the clock that the store was created with."""

from typing import TypeVar

from eventsourcing.persistence import PersistenceError

from siko_core.clock import Clock
from siko_core.databases import StoreUnreachable, unusable
from siko_core.eventsourced.application import EventSourcedApplication
from siko_core.eventsourced.history import first_epoch
from siko_core.eventsourced.keyring import Keyring
from siko_core.settings import Settings
from siko_core.store.environment import environment

A = TypeVar("A", bound=EventSourcedApplication)


def open_application(
    application_class: type[A],
    settings: Settings,
    *,
    any_clock: bool = False,
) -> tuple[A, Clock]:
    """Open the application and its clock.

    Raises StoreUnreachable if the database or the keyring cannot be used, or if the store was created with
    another clock. `any_clock`: use the clock that the store was created with, whatever the settings say.
    """
    url = settings.database_url.get_secret_value()
    keyring = _open_keyring(settings.keys_url.get_secret_value())
    try:
        application = application_class(environment(url), keyring)
        recorder = application.recorder
        begun = recorder.mark("clock", settings.clock)
        first_epoch(application)
        last = recorder.max_notification_id()
        stored = recorder.select_notifications(last, 1) if last else []
    except (OSError, ValueError, PersistenceError) as error:
        raise StoreUnreachable(unusable(url, error)) from error
    if begun != settings.clock and not any_clock:
        raise StoreUnreachable(
            f"the store was begun with SIKO_CLOCK={begun} and cannot go on with {settings.clock}:"
            " use another data folder or database"
        )
    latest = application.mapper.to_domain_event(stored[0]).metadata.recorded_at if stored else None
    application.clock = Clock("manual" if begun == "manual" else "system", latest)
    return application, application.clock


def _open_keyring(url: str) -> Keyring:
    try:
        return Keyring(url)
    except Exception as error:  # any error of the drivers means that it cannot be used
        raise StoreUnreachable(unusable(url, error, "SIKO_KEYS_URL")) from error
