"""The broker's permissions in one place, derived from the names in `siko_contracts`; what is not listed is denied.

The services and the streams have an account of their own. Everybody else is in another account, and reaches only the
subjects imported here. Within one account, anybody who may send JetStream a request chooses the reply subject, and the
server, which has no restrictions, publishes there: an empty reply to `$JS.API.STREAM.DELETE.…` deletes a stream (seen
with 2.15). A reply to a request from the other account stays in that account.

Guests have an account of their own, whose imports map requests to subjects of their own: a service receives them over a
separate connection, so a flood of guests' requests delays nobody else's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from siko_contracts.messages import (
    FOLLOWS,
    PRODUCERS,
    SIGN_OUT,
    SIGNOUTS,
    STREAMS,
    command_subject,
    dead_subject,
    event_subjects,
    guest_subject,
    query_subject,
    signout_subject,
    stream,
)

INSIDE, OUTSIDE, GUESTS, SYSTEM = "SIKO", "OUTSIDE", "GUESTS", "$SYS"
HEALTH = "health"
"""The user that requests the broker's health and nothing else, so that the broker needs no monitoring port."""
HEALTH_REQUEST = "$SYS.REQ.SERVER.{}.HEALTHZ"
"""Subject of a health request to the server with this id."""
GUEST = "guest"
"""The user for connections without a login, if the broker admits them: on loopback."""
GUEST_INBOX = "_INBOX.>"
ANSWERS = "_R_.>"
"""Reply subjects that the server uses for requests from the other account."""
REQUESTS = "$JS.API.>"
SERVED = (command_subject("*", "*"), query_subject("*", "*"), SIGN_OUT)
"""Requests that services answer."""
JETSTREAM = (REQUESTS, "$JS.ACK.>", "$JS.FC.>")


@dataclass(frozen=True)
class User:
    """A login, and all subjects that it may publish or subscribe to."""

    name: str
    account: str
    publish: Sequence[str]
    subscribe: Sequence[str]


def inbox(user: str) -> str:
    """Return the prefix of a user's reply subjects: no other user may subscribe there."""
    return f"_INBOX_{user}"


def _api(*requests: str) -> list[str]:
    return [f"$JS.API.{request}" for request in requests]


def _read(name: str) -> list[str]:
    return _api(f"STREAM.INFO.{stream(name)}", f"STREAM.MSG.GET.{stream(name)}")


def _service(name: str, *, guest: bool) -> User:
    """A service publishes its events and sign-outs, serves its commands and queries, and follows its producers."""
    followed = FOLLOWS[name]
    own = (name,) if name in PRODUCERS else ()
    # with its queue group only: a second subscriber gets a share of the requests, never a copy
    served = (
        (command_subject(name, "*"), name),
        (query_subject(name, "*"), name),
        (SIGN_OUT, SIGNOUTS),
    )
    return User(
        name,
        INSIDE,
        publish=[
            *(f"{event_subjects(producer)}>" for producer in own),
            *(query_subject(producer, "log") for producer in own),  # `recover` asks whether it runs
            dead_subject(name),
            signout_subject("*"),
            ANSWERS,
            f"{inbox(name)}.>",
            *(subject for readable in (*own, *followed, SIGNOUTS) for subject in _read(readable)),
            *_api(*(f"CONSUMER.CREATE.{stream(producer)}" for producer in followed)),
            *(f"$JS.FC.{stream(producer)}.>" for producer in followed),
        ],
        subscribe=[
            *(f"{subject} {queue}" for subject, queue in served),
            *(f"{guest_subject(subject)} {queue}" for subject, queue in served if guest),
            signout_subject("*"),
            f"{inbox(name)}.>",
        ],
    )


def _topology() -> User:
    """The only user that creates or updates streams; no user at all may delete or purge one."""
    requests = [
        f"STREAM.{verb}.{stream(name)}" for name in STREAMS for verb in ("INFO", "CREATE", "UPDATE")
    ]
    return User("topology", INSIDE, publish=_api(*requests), subscribe=[f"{inbox('topology')}.>"])


ASKING = [
    *(subject(service, "*") for service in FOLLOWS for subject in (command_subject, query_subject)),
    SIGN_OUT,
]
"""Subjects that anybody with a token sends requests to."""


def _subscribing() -> list[str]:
    """Return the subjects needed to create and read own consumers on the event streams, in clients of any language."""
    requests = [
        "INFO",
        "STREAM.NAMES",
        "STREAM.LIST",
        *(
            f"{request.format(stream(producer))}"
            for producer in PRODUCERS
            for request in (
                "STREAM.INFO.{}",
                "STREAM.MSG.GET.{}",
                "DIRECT.GET.{}",
                "DIRECT.GET.{}.>",
                "CONSUMER.CREATE.{}",
                "CONSUMER.CREATE.{}.>",
                "CONSUMER.DURABLE.CREATE.{}.*",
                "CONSUMER.INFO.{}.*",
                "CONSUMER.DELETE.{}.*",
                "CONSUMER.MSG.NEXT.{}.*",
            )
        ),
    ]
    marks = [f"$JS.{mark}.{stream(producer)}.>" for producer in PRODUCERS for mark in ("ACK", "FC")]
    return [*_api(*requests), *marks]


def users(*, guest: bool = False) -> list[User]:
    """Return all users with a login, and the guest if connections without one are admitted."""
    infos = _api(*(f"STREAM.INFO.{stream(name)}" for name in STREAMS))
    outside = [
        User("operator", OUTSIDE, [*ASKING, *infos], [f"{inbox('operator')}.>", dead_subject("*")]),
        User("door", OUTSIDE, ASKING, [f"{inbox('door')}.>"]),
        User(
            "auditor",
            OUTSIDE,
            [*ASKING, *(subject for producer in PRODUCERS for subject in _read(producer))],
            [f"{inbox('auditor')}.>"],
        ),
        User("subscriber", OUTSIDE, _subscribing(), [f"{inbox('subscriber')}.>"]),
    ]
    if guest:
        outside.append(User(GUEST, GUESTS, [*ASKING, *_subscribing()], [GUEST_INBOX]))
    health = User(HEALTH, SYSTEM, [HEALTH_REQUEST.format("*")], [f"{inbox(HEALTH)}.>"])
    services = [_service(name, guest=guest) for name in FOLLOWS]
    return [*services, _topology(), health, *outside]


def configuration(hashes: Mapping[str, str], *, guest: bool = False) -> dict[str, Any]:
    """Build nats-server's configuration of accounts and users from the hashes of the users' passwords."""
    everybody = users(guest=guest)
    services, notices = (*SERVED, *JETSTREAM), (dead_subject("*"), f"{inbox('subscriber')}.>")
    guest_services = [guest_subject(subject) for subject in SERVED] if guest else []
    guest_inboxes = [GUEST_INBOX] if guest else []
    accounts: dict[str, dict[str, Any]] = {
        INSIDE: {
            "jetstream": "enabled",
            "exports": [
                *({"service": s, **_answers(s)} for s in (*services, *guest_services)),
                *({"stream": subject} for subject in (*notices, *guest_inboxes)),
            ],
        },
        OUTSIDE: {"imports": [*map(_service_inside, services), *map(_stream_inside, notices)]},
        SYSTEM: {},
    }
    if guest:
        accounts[GUESTS] = {
            "imports": [
                *(_service_inside(guest_subject(subject)) | {"to": subject} for subject in SERVED),
                *map(_service_inside, JETSTREAM),
                *map(_stream_inside, guest_inboxes),
            ]
        }
    for name, account in accounts.items():
        account["users"] = _logins(everybody, name, hashes)
    return {"accounts": accounts, **({"no_auth_user": GUEST} if guest else {})}


def _service_inside(subject: str) -> dict[str, Any]:
    return {"service": {"account": INSIDE, "subject": subject}}


def _stream_inside(subject: str) -> dict[str, Any]:
    return {"stream": {"account": INSIDE, "subject": subject}}


def _answers(subject: str) -> dict[str, str]:
    """Response type of an import: one JetStream request for messages has many responses."""
    return {"response_type": "stream"} if subject == REQUESTS else {}


def _logins(
    everybody: Sequence[User], account: str, hashes: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "user": user.name,
            # the server compares the guest's password with itself, so it cannot be a hash; it grants nothing more
            "password": GUEST if user.name == GUEST else hashes[user.name],
            "permissions": {"publish": list(user.publish), "subscribe": list(user.subscribe)},
        }
        for user in everybody
        if user.account == account
    ]
