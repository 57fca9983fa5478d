"""Words that the ministry has added to a vocabulary, as the scheduler tells of them."""

from typing import Any

from siko_contracts.words import VOCABULARIES, Vocabulary
from siko_core.eventsourced.aggregates import Aggregate, Created, event


class KnownWords(Aggregate):
    TOPIC = "invitations_known_words"

    class Opened(Created):
        TOPIC = "invitations_known_words.opened"
        vocabulary: Vocabulary

    class Noted(Aggregate.Event):
        TOPIC = "invitations_known_words.noted"
        code: str
        label: str

    @staticmethod
    def create_id(vocabulary: Vocabulary, **_: Any) -> str:
        return f"known:words:{vocabulary}"

    @event(Opened)
    def __init__(self, vocabulary: Vocabulary, id: str | None = None) -> None:  # noqa: A002
        self.known = dict(VOCABULARIES[vocabulary])

    def note(self, code: str, label: str) -> None:
        """What was added is a word from now on; a repeat changes nothing."""
        if self.known.get(code) != label:
            self._noted(code, label)

    @event(Noted)
    def _noted(self, code: str, label: str) -> None:
        self.known = self.known | {code: label}
