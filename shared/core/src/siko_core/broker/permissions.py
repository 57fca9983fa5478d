"""Who may publish and subscribe what on the broker, in one place: from the names in `siko_contracts`, denied what is not here.

The services and the streams are an account of their own. Everybody else is outside it and reaches in only for what is
imported here. In one account whoever may ask JetStream anything names the subject that its answer goes to, and the
server, whom nobody forbids anything, publishes there: an answer without a body to `$JS.API.STREAM.DELETE.…` deletes a
stream (seen with 2.15). From outside the answer goes outside.
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
    query_subject,
    signout_subject,
    stream,
)

INSIDE, OUTSIDE, SYSTEM = "SIKO", "OUTSIDE", "$SYS"
HEALTH = "health"
"""Who asks the broker how it is, and nothing else; so that it needs no monitoring port."""
HEALTH_REQUEST = "$SYS.REQ.SERVER.{}.HEALTHZ"
"""To the server with this id."""
GUEST = "guest"
"""Who connects without a login, where a broker lets anybody in: on loopback."""
ANSWERS = "_R_.>"
"""Where the server lets an outsider be answered."""
REQUESTS = "$JS.API.>"
IMPORTED = (
    command_subject("*", "*"),
    query_subject("*", "*"),
    SIGN_OUT,
    REQUESTS,
    "$JS.ACK.>",
    "$JS.FC.>",
)


@dataclass(frozen=True)
class User:
    """A login, and every subject that it may publish to or subscribe to."""

    name: str
    account: str
    publish: Sequence[str]
    subscribe: Sequence[str]


def inbox(user: str) -> str:
    """What the subjects begin with at which a user is answered: no other one may listen there."""
    return f"_INBOX_{user}"


def _api(*requests: str) -> list[str]:
    return [f"$JS.API.{request}" for request in requests]


def _read(name: str) -> list[str]:
    return _api(f"STREAM.INFO.{stream(name)}", f"STREAM.MSG.GET.{stream(name)}")


def _service(name: str) -> User:
    """Publishes its own events and sign-outs, serves its own commands and queries, follows what it follows."""
    followed = FOLLOWS[name]
    own = (name,) if name in PRODUCERS else ()
    return User(
        name,
        INSIDE,
        publish=[
            *(f"{event_subjects(each)}>" for each in own),
            *(query_subject(each, "log") for each in own),  # `recover` asks whether it runs
            dead_subject(name),
            signout_subject("*"),
            ANSWERS,
            f"{inbox(name)}.>",
            *(subject for each in (*own, *followed, SIGNOUTS) for subject in _read(each)),
            *_api(*(f"CONSUMER.CREATE.{stream(each)}" for each in followed)),
            *(f"$JS.FC.{stream(each)}.>" for each in followed),
        ],
        subscribe=[
            # with its queue only: a second one that serves gets a share, none gets a copy
            f"{command_subject(name, '*')} {name}",
            f"{query_subject(name, '*')} {name}",
            f"{SIGN_OUT} {SIGNOUTS}",
            signout_subject("*"),
            f"{inbox(name)}.>",
        ],
    )


def _topology() -> User:
    """Nobody else makes or changes a stream; nobody at all deletes or empties one."""
    requests = [
        f"STREAM.{verb}.{stream(name)}" for name in STREAMS for verb in ("INFO", "CREATE", "UPDATE")
    ]
    return User("topology", INSIDE, publish=_api(*requests), subscribe=[f"{inbox('topology')}.>"])


ASKING = [
    *(subject(service, "*") for service in FOLLOWS for subject in (command_subject, query_subject)),
    SIGN_OUT,
]
"""What whoever has a token sends."""


def _subscribing() -> list[str]:
    """Own consumers on the streams of events, as the clients of several languages make and read them."""
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
    """Everybody with a login; the guest too where whoever connects without one is let in."""
    infos = _api(*(f"STREAM.INFO.{stream(name)}" for name in STREAMS))
    outside = [
        User("operator", OUTSIDE, [*ASKING, *infos], [f"{inbox('operator')}.>", dead_subject("*")]),
        User("door", OUTSIDE, ASKING, [f"{inbox('door')}.>"]),
        User(
            "auditor",
            OUTSIDE,
            [*ASKING, *(subject for each in PRODUCERS for subject in _read(each))],
            [f"{inbox('auditor')}.>"],
        ),
        User("subscriber", OUTSIDE, _subscribing(), [f"{inbox('subscriber')}.>"]),
    ]
    if guest:
        outside.append(User(GUEST, OUTSIDE, [*ASKING, *_subscribing()], ["_INBOX.>"]))
    health = User(HEALTH, SYSTEM, [HEALTH_REQUEST.format("*")], [f"{inbox(HEALTH)}.>"])
    return [*map(_service, FOLLOWS), _topology(), health, *outside]


def configuration(hashes: Mapping[str, str], *, guest: bool = False) -> dict[str, Any]:
    """For nats-server, which knows of each user's password a hash."""
    inboxes = [f"{inbox('subscriber')}.>", *(["_INBOX.>"] if guest else [])]
    told = [dead_subject("*"), *inboxes]
    everybody = users(guest=guest)
    return {
        "accounts": {
            INSIDE: {
                "jetstream": "enabled",
                "exports": [
                    *({"service": subject, **_answers(subject)} for subject in IMPORTED),
                    *({"stream": subject} for subject in told),
                ],
                "users": _logins(everybody, INSIDE, hashes),
            },
            OUTSIDE: {
                "imports": [
                    *({"service": {"account": INSIDE, "subject": each}} for each in IMPORTED),
                    *({"stream": {"account": INSIDE, "subject": each}} for each in told),
                ],
                "users": _logins(everybody, OUTSIDE, hashes),
            },
            SYSTEM: {"users": _logins(everybody, SYSTEM, hashes)},
        },
        **({"no_auth_user": GUEST} if guest else {}),
    }


def _answers(subject: str) -> dict[str, str]:
    """One request for messages of a stream has many."""
    return {"response_type": "stream"} if subject == REQUESTS else {}


def _logins(
    everybody: Sequence[User], account: str, hashes: Mapping[str, str]
) -> list[dict[str, Any]]:
    return [
        {
            "user": user.name,
            # the server compares a guest's with itself, so it cannot be a hash; it opens nothing that is not open
            "password": GUEST if user.name == GUEST else hashes[user.name],
            "permissions": {"publish": list(user.publish), "subscribe": list(user.subscribe)},
        }
        for user in everybody
        if user.account == account
    ]
