"""What somebody with a service's database may do to single rows: a method a kind."""

from dataclasses import replace
from uuid import uuid4

from .tables import Row, Store

Named = tuple[int, str, str, tuple[str, ...]]
"""Position, event id, code, fields."""


def changed(row: Row, *fields: str, code: str = "Changed") -> Named:
    return row.position, row.event_id, code, tuple(sorted(fields))


class TheScheduler:
    """Each method changes rows of its own, and returns what is to be named."""

    def a_verdict(self, store: Store) -> list[Named]:
        row = store.first("obligation.judged", 0)
        return [changed(store.change(row, lambda e: e.update(verdict="FULFILLED")), "verdict")]

    def its_evidence(self, store: Store) -> list[Named]:
        row = store.first("obligation.judged", 1)
        return [changed(store.change(row, lambda e: e.update(evidence=["x@1"])), "evidence")]

    def the_ruleset_it_was_judged_by(self, store: Store) -> list[Named]:
        row = store.first("obligation.judged", 2)
        return [changed(store.change(row, lambda e: e.update(ruleset="nrw-1999.1")), "ruleset")]

    def whose_it_was(self, store: Store) -> list[Named]:
        row = store.first("obligation.judged", 3)
        return [changed(store.change(row, lambda e: e.update(authority_id="x")), "authority_id")]

    def when_it_was_recorded(self, store: Store) -> list[Named]:
        row, earlier = store.first("conference.held", 0), {"recorded_at": "2024-12-31T12:00:00Z"}
        return [changed(store.change(row, lambda e: e["metadata"].update(earlier)), "recorded_at")]

    def when_it_happened(self, store: Store) -> list[Named]:
        row, earlier = store.first("conference.held", 1), {"effective_at": "2024-12-31T12:00:00Z"}
        return [changed(store.change(row, lambda e: e["metadata"].update(earlier)), "effective_at")]

    def who_did_it(self, store: Store) -> list[Named]:
        row, other = store.first("conference.opened", 0), {"function": "nobody"}
        return [changed(store.change(row, lambda e: e["metadata"]["actor"].update(other)), "actor")]

    def the_place(self, store: Store) -> list[Named]:
        row = store.first("conference.scheduled", 0)
        return [changed(store.change(row, lambda e: e["placement"].update(place="y")), "place")]

    def the_fact(self, store: Store) -> list[Named]:
        row = store.first("conference.opened", 1)
        return [changed(store.put(row, topic="conference.closed"), "type")]

    def what_it_belongs_together_with(self, store: Store) -> list[Named]:
        row, none = store.first("conference.opened", 2), {"correlation_id": None}
        row = store.change(row, lambda e: e["metadata"].update(none))
        return [changed(row, "Siko-Correlation-Id")]

    def an_event_is_gone_from_the_middle(self, store: Store) -> list[Named]:
        events = store.of("obligation:siko:Köln:2025")
        gone, following = events[4], events[5]
        store.delete(gone)
        return [
            changed(gone, code="NotStored"),
            changed(following, "aggregate_version", code="BrokenChain"),
        ]

    def the_last_event_of_an_aggregate_is_gone(self, store: Store) -> list[Named]:
        last = store.of("obligation:siko:Leverkusen:2025")[-1]
        store.delete(last)
        return [changed(last, code="NotStored")]

    def a_whole_aggregate_is_gone(self, store: Store) -> list[Named]:
        events = store.of("obligation:siko:Bochum:2025")
        assert len(events) > 1
        store.delete(*events)
        return [changed(event, code="NotStored") for event in events]

    def a_row_that_is_no_event(self, store: Store) -> list[Named]:
        row = store.put(store.first("area.named", 0), raw=b'{"authority_id":')
        return [changed(row, code="Unreadable")]

    def a_fact_that_there_is_not(self, store: Store) -> list[Named]:
        row = store.put(store.first("area.named", 1), topic="area.conquered")
        return [changed(row, code="Unreadable")]

    def the_command_that_made_it(self, store: Store) -> list[Named]:
        row, other = store.first("area.named", 2), {"command_id": str(uuid4())}
        return [changed(store.change(row, lambda e: e["metadata"].update(other)), code="Undecided")]

    def that_a_command_made_it(self, store: Store) -> list[Named]:
        row, none = store.first("area.named", 3), {"command_id": None}
        return [changed(store.change(row, lambda e: e["metadata"].update(none)), code="Undecided")]

    def the_answer_of_its_command_is_gone(self, store: Store) -> list[Named]:
        command_id = store.first("conference.cancelled").state["metadata"]["command_id"]
        made = [r for r in store.untouched if r.state["metadata"]["command_id"] == command_id]
        store.run(f"DELETE FROM {store.answers} WHERE command_id = ?", command_id)
        return [changed(row, code="Undecided") for row in made]

    def its_version(self, store: Store) -> list[Named]:
        row = store.put(store.alone("authority.registered", 0), version=2)
        return [
            changed(row, "aggregate_version", "event_id"),
            changed(row, "aggregate_version", code="BrokenChain"),
        ]

    def its_aggregate(self, store: Store) -> list[Named]:
        row = store.put(store.alone("authority.registered", 1), aggregate_id="z")
        return [changed(row, "aggregate_id", "event_id")]

    def an_event_where_no_position_is(self, store: Store) -> list[Named]:
        """Nobody would publish it, and it would count when the authority is loaded."""
        first = store.alone("authority.registered", 2)
        row = store.put(first, position=-7, version=2)
        return [
            changed(row, code="NotPublished"),
            changed(row, "aggregate_version", "position", code="BrokenChain"),
            changed(first, "aggregate_version", code="BrokenChain"),
        ]


class Invitations:
    """As above."""

    def an_answer(self, store: Store) -> list[Named]:
        row = store.first("invitation.accepted", 0)
        return [changed(store.put(row, topic="invitation.declined"), "type")]

    def who_was_there(self, store: Store) -> list[Named]:
        row = store.first("invitation.attendance_recorded", 0)
        row = store.change(row, lambda e: e.update(attended=not e["attended"]))
        return [changed(row, "attended")]

    def two_positions(self, store: Store) -> list[Named]:
        one, other = (store.first("invitations_known_authority.noted", n) for n in (10, 20))
        store.swap(one, other)
        fields = ("aggregate_id", "authority_id", "event_id")
        return [
            changed(replace(one, position=other.position), *fields),
            changed(replace(other, position=one.position), *fields),
        ]

    def a_text_to_another_s(self, store: Store) -> list[Named]:
        one, other = (store.first("invitations_known_body.contact_set", n) for n in (0, 1))
        one.state["email"], other.state["email"] = other.state["email"], one.state["email"]
        return [changed(store.put(row), "email", code="SealBroken") for row in (one, other)]

    def a_text_to_another_field(self, store: Store) -> list[Named]:
        row = store.first("invitations_known_body.contact_set", 2)
        store.change(row, lambda e: e.update(salutation=e["email"]))
        return [changed(row, "salutation", code="SealBroken")]

    def a_ciphertext(self, store: Store) -> list[Named]:
        row = store.first("invitations_known_body.contact_set", 3)
        store.change(row, lambda e: e["email"].update(ciphertext="A" * 60))
        return [changed(row, "email", code="SealBroken")]

    def no_ciphertext(self, store: Store) -> list[Named]:
        row = store.first("invitations_known_body.contact_set", 4)
        store.change(row, lambda e: e["email"].update(ciphertext="ä"))
        return [changed(row, "email", code="SealBroken")]


class TheAgenda:
    """As above."""

    def what_it_came_to(self, store: Store) -> list[Named]:
        row = store.first("topic_submission.discussed", 0)
        return [changed(store.change(row, lambda e: e.update(outcomes=[])), "outcomes")]

    def who_may_know(self, store: Store) -> list[Named]:
        row = store.first("topic_submission.submitted", 0)
        row = store.change(row, lambda e: e.update(need_to_know=["x"], classification="open"))
        return [changed(row, "classification", "need_to_know")]

    def until_when_it_is_due(self, store: Store) -> list[Named]:
        row = store.first("action.agreed")
        return [changed(store.change(row, lambda e: e.update(due_on="2031-01-01")), "due_on")]

    def a_text_of_another_topic(self, store: Store) -> list[Named]:
        row, other = (store.first("topic_submission.submitted", n) for n in (1, 2))
        store.change(row, lambda e: e.update(title=other.state["title"]))
        return [changed(row, "title", code="SealBroken")]

    def a_key_that_there_is_not(self, store: Store) -> list[Named]:
        row = store.first("topic_submission.submitted", 3)
        store.change(row, lambda e: e["title"].update(key_id=str(uuid4())))
        return [changed(row, "title", code="MissingKey")]
