"""Answer links: a body answers by one without signing in, and nothing that is stored or published opens it."""

import json

import pytest
from siko_contracts.answers import LinkIssued
from siko_contracts.commands.invitations import (
    AddBody,
    AnswerByLink,
    IssueAnswerLink,
    Respond,
    RevokeAnswerLink,
    WithdrawInvitation,
)
from siko_contracts.events.invitations import (
    AnswerLinkIssued,
    AnswerLinksRevoked,
    DeputyNamed,
    InvitationAccepted,
    InvitationDeclined,
    InvitationTentativelyAccepted,
)
from siko_contracts.events.scheduler import ConferenceCancelled, ConferenceRescheduled
from siko_invitations.domain.answer_link import AnswerToken
from siko_invitations.service import service

COURT = {"conference_id": "c1", "body_id": "ag-koeln"}
COMMAND_ID = "0192f0c4-0000-7000-8000-000000000017"


def issued(office, **fields):
    answer = office.does(IssueAnswerLink(**(COURT | fields)))
    assert isinstance(answer, LinkIssued)
    return answer.token


def by_link(token, answer="accepted", **fields):
    return AnswerByLink(token=token, source="198.51.100.7", answer=answer, **fields)


def code(refusal):
    return refusal.error.code


@pytest.mark.parametrize(
    ("answer", "contract"),
    [
        ("accepted", InvitationAccepted),
        ("tentative", InvitationTentativelyAccepted),
        ("declined", InvitationDeclined),
    ],
)
def test_who_has_the_link_answers_for_the_body_that_it_was_made_for(invited, answer, contract):
    invited.does(by_link(issued(invited), answer, comment="Wie besprochen."))
    (published,) = invited.published(contract)
    assert (published.conference_id, published.body_id) == ("c1", "ag-koeln")
    assert (published.channel, published.authority_id) == ("portal", "pp-koeln")


def test_a_deputy_is_named_by_link_with_function_and_level(invited):
    deputy = {"function": "Vizepräsident", "level": "deputy_head", "name": "M. Muster"}
    invited.does(by_link(issued(invited), "deputy", **deputy))
    (named,) = invited.published(DeputyNamed)
    assert (named.body_id, named.level, named.channel) == ("ag-koeln", "deputy_head", "portal")


def test_r11_a_deputy_whose_level_is_not_said_does_not_keep_the_level(invited):
    invited.does(by_link(issued(invited), "deputy"))
    (named,) = invited.published(DeputyNamed)
    assert named.level == "other"


def test_r15_who_stands_for_two_bodies_is_found_also_by_link(invited):
    deputy = {"function": "Vizepräsident", "level": "deputy_head", "name": "M. Muster"}
    for body_id in ("ag-koeln", "lg-koeln"):
        invited.does(by_link(issued(invited, body_id=body_id), "deputy", **deputy))
    first, second = invited.published(DeputyNamed)
    assert first.findings == ()
    assert [(f.code, f.body_id) for f in second.findings] == [("DeputyForTwoBodies", "ag-koeln")]


def test_i11_twenty_times_the_same_answer_by_link_is_one_event(invited):
    token = issued(invited)
    for _ in range(20):
        invited.does(by_link(token, "declined"))
    assert len(invited.published(InvitationDeclined)) == 1


def test_the_event_says_by_which_link_the_answer_came(invited):
    token = issued(invited)
    invited.does(by_link(token))
    invitation = invited.application.repository.get("invitation:c1:ag-koeln")
    (accepted,) = [
        event
        for event in invited.application.events.get(invitation.id)
        if event.TOPIC == "invitation.accepted"
    ]
    assert accepted.origin.link_id == AnswerToken.parse(token).link_id


def test_neither_the_token_nor_its_secret_is_stored_or_published(invited, tmp_path):
    token = issued(invited)
    invited.does(by_link(token))
    parsed = AnswerToken.parse(token)
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for secret in (
        token.encode(),
        token[22:].encode(),
        parsed.secret,
        parsed.secret.hex().encode(),
    ):
        assert secret not in stored
    assert parsed.hash.encode() in stored
    published = json.dumps([each.model_dump(mode="json") for each in invited.contracts])
    assert parsed.hash not in published
    assert token not in published


def test_what_is_published_is_that_there_is_a_link_and_that_links_were_revoked(invited):
    issued(invited)
    invited.does(RevokeAnswerLink(**COURT))
    assert invited.bodies(AnswerLinkIssued) == invited.bodies(AnswerLinksRevoked) == ["ag-koeln"]


def test_a_repeat_of_the_command_makes_no_second_link_and_tells_no_token(invited):
    decision, command = service.commands[IssueAnswerLink], IssueAnswerLink(**COURT)
    first, again = (
        invited.send(decision, command, now=invited.now, command_id=COMMAND_ID) for _ in range(2)
    )
    assert first.token is not None
    assert getattr(again, "token", None) is None
    assert again.id == first.id
    assert len(invited.published(AnswerLinkIssued)) == 1


def test_every_link_is_another_and_earlier_ones_stay_usable(invited):
    first, second = issued(invited), issued(invited)
    assert first != second
    invited.does(by_link(first, "tentative"))
    invited.does(by_link(second, "accepted"))


@pytest.mark.parametrize("place", [0, 30, 63])
def test_a_token_with_another_character_is_unknown_whatever_it_names(invited, place):
    token = issued(invited)
    other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert code(invited.refuses(by_link(other))) == "UnknownAnswerLink"


def test_a_link_of_another_body_answers_for_that_body_alone(invited):
    invited.does(by_link(issued(invited, body_id="lg-koeln")))
    assert invited.bodies(InvitationAccepted) == ["lg-koeln"]


def test_revoked_links_are_refused_and_a_new_one_is_usable(invited):
    revoked = [issued(invited), issued(invited)]
    invited.does(RevokeAnswerLink(**COURT))
    for token in revoked:
        assert code(invited.refuses(by_link(token))) == "AnswerLinkRevoked"
    invited.does(by_link(issued(invited)))


def test_revoking_twice_or_where_there_is_no_link_changes_nothing(invited):
    invited.does(RevokeAnswerLink(**COURT))
    issued(invited)
    invited.does(RevokeAnswerLink(**COURT))
    invited.does(RevokeAnswerLink(**COURT))
    assert len(invited.published(AnswerLinksRevoked)) == 1


def test_r16_a_link_expires_with_the_start_and_moves_with_it(invited):
    token = issued(invited)
    invited.hears_of_conference(
        ConferenceRescheduled, starts_at="2025-06-06T09:00:00Z", ends_at="2025-06-06T11:00:00Z",
        state="CONVENED",
    )  # fmt: skip
    invited.now = "2025-06-06T10:59:00+02:00"
    invited.does(by_link(token))
    invited.now = "2025-06-06T11:00:00+02:00"
    assert code(invited.refuses(by_link(token, "declined"))) == "AnswerAfterStart"
    assert code(invited.refuses(IssueAnswerLink(**COURT))) == "AnswerAfterStart"


def test_a_withdrawn_invitation_ends_its_links_for_good(invited):
    token = issued(invited)
    invited.does(WithdrawInvitation(**COURT, reason="Irrtum"))
    assert code(invited.refuses(by_link(token))) == "InvitationWithdrawn"
    assert code(invited.refuses(IssueAnswerLink(**COURT))) == "InvitationWithdrawn"
    invited.does(AddBody(**COURT, purpose="Doch"))
    invited.releases()
    assert code(invited.refuses(by_link(token))) == "AnswerLinkRevoked"


def test_a_cancelled_conference_takes_no_answer_by_link(invited):
    token = issued(invited)
    invited.hears_that(ConferenceCancelled)
    assert code(invited.refuses(by_link(token))) == "InvitationWithdrawn"


def test_a_body_that_is_not_invited_gets_no_link(invited):
    refusal = invited.refuses(IssueAnswerLink(conference_id="c1", body_id="stadt-bonn"))
    assert code(refusal) == "NotInvited"


def test_r14_the_last_answer_counts_by_whichever_way_it_came(invited):
    token = issued(invited)
    invited.does(by_link(token))
    invited.does(Respond(**COURT, answer="declined", channel="phone"))
    invited.does(by_link(token))
    assert len(invited.published(InvitationAccepted)) == 2
