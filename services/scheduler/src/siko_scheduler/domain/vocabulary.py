"""A vocabulary of the ruleset, and the words that the ministry has added to it."""

from typing import Any

from siko_contracts.words import VOCABULARIES, Vocabulary
from siko_core.eventsourced.aggregates import Aggregate, Created, event
from siko_core.refusals import AlreadyDone


class Words(Aggregate):
    """Opened with its first added word; what the ruleset itself has stands in `siko_contracts.words`."""

    TOPIC = "words"

    class Opened(Created):
        TOPIC = "words.opened"
        vocabulary: Vocabulary

    class Added(Aggregate.Event):
        TOPIC = "words.added"
        vocabulary: Vocabulary
        code: str
        label: str

    @staticmethod
    def create_id(vocabulary: Vocabulary, **_: Any) -> str:
        return f"words:{vocabulary}"

    @event(Opened)
    def __init__(self, vocabulary: Vocabulary, id: str | None = None) -> None:  # noqa: A002
        self.vocabulary = vocabulary
        self.known = dict(VOCABULARIES[vocabulary])

    def add(self, code: str, label: str) -> None:
        """Raises AlreadyDone if the code is a word already, or another code has the label."""
        if code in self.known:
            raise AlreadyDone(f"{code} is a word already", field="code", label=self.known[code])
        for other, its_label in self.known.items():
            if its_label.casefold() == label.casefold():
                raise AlreadyDone(f"{other} has that label", field="label", code=other)
        self._added(self.vocabulary, code, label)

    @event(Added)
    def _added(self, vocabulary: Vocabulary, code: str, label: str) -> None:
        self.known = self.known | {code: label}
