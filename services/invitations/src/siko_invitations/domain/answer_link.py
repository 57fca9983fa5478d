"""A link by which a body answers without signing in; its token is known to who has the link, and here only by its hash."""

import base64
import hmac
import secrets
from hashlib import sha256
from typing import Any, NamedTuple, Self
from uuid import UUID

from siko_core.eventsourced.aggregates import Aggregate, Created, event

from siko_invitations.domain.refusals import UnknownAnswerLink

SECRET_BYTES = 32
ID_BYTES = 16
NO_HASH = "0" * 64
"""Compared with where there is no such link, so that this takes as long."""


class AnswerToken(NamedTuple):
    """What a link carries: its id, and 256 random bits."""

    link_id: str
    secret: bytes

    @classmethod
    def make(cls, link_id: str) -> Self:
        return cls(link_id, secrets.token_bytes(SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """The token in 64 characters of base64url."""
        raw = base64.urlsafe_b64decode(text)
        return cls(str(UUID(bytes=raw[:ID_BYTES])), raw[ID_BYTES:])

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(UUID(self.link_id).bytes + self.secret).decode()

    @property
    def hash(self) -> str:
        return sha256(self.secret).hexdigest()


class AnswerLink(Aggregate):
    """Which invitation it is for never changes; whether it is usable the invitation says."""

    TOPIC = "answer_link"

    class Issued(Created):
        TOPIC = "answer_link.issued"
        link_id: str
        conference_id: str
        body_id: str
        secret_sha256: str

    @staticmethod
    def create_id(link_id: str, **_: Any) -> str:
        return link_id

    @event(Issued)
    def __init__(
        self, authority_id: str, link_id: str, conference_id: str, body_id: str, secret_sha256: str
    ) -> None:
        self.conference_id = conference_id
        self.body_id = body_id
        self.secret_sha256 = secret_sha256


def link_of(token: AnswerToken, link: AnswerLink | None) -> AnswerLink:
    """The link, where it is the token's. Raises UnknownAnswerLink else; both take equally long."""
    is_right = hmac.compare_digest(token.hash, link.secret_sha256 if link else NO_HASH)
    if link is None or not is_right:
        raise UnknownAnswerLink
    return link
