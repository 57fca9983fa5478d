"""Letters leave by mail: each body gets its own, once, and what became of it is recorded."""

import asyncio
import hashlib

import pytest
from siko_contracts.commands.invitations import (
    AddBody,
    CheckCoverage,
    RecordDispatch,
    RecordFailedDelivery,
    ReleaseInvitations,
    SetContact,
    WithdrawInvitation,
)
from siko_contracts.events.invitations import InvitationListFrozen, InvitationSent
from siko_contracts.events.scheduler import ConferenceOpened
from siko_invitations.application.letters import fail
from siko_invitations.domain.correspondence import Correspondence
from siko_itip.message_ids import event_id_in

from tests.invitations.conftest import Office

from .conftest import (
    DIRECT,
    address_of,
    during,
    failed,
    gets_ready,
    handed_over,
    sending,
    settled,
    to,
    until,
)
from .servers import MailServer
from .test_mails import read, written

LETTERS = len(DIRECT) + 2
"""And a request for each of two school offices, to their district government."""


async def test_nothing_leaves_before_the_convenors_release_and_everything_after(
    ready: Office, mail_server: MailServer
):
    async with sending(ready, to(mail_server)):
        assert mail_server.taken == []
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert sorted(mail_server.recipients) == sorted(
        [address_of(body_id) for body_id in DIRECT] + [address_of("br-koeln")] * 2
    )
    assert len(ready.bodies(InvitationSent)) == len(DIRECT)


async def test_i19_every_mail_has_its_event_with_body_kind_and_hash_and_the_other_way_round(
    ready: Office, mail_server: MailServer
):
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    sent = {hashlib.sha256(mail.content).hexdigest() for mail in mail_server.taken}
    recorded = {event.sha256: event for event in handed_over(ready)}
    assert set(recorded) == sent
    for mail in mail_server.taken:
        event = recorded[hashlib.sha256(mail.content).hexdigest()]
        forwarded = event.kind == "forwarding_request"
        assert mail.recipient == address_of("br-koeln" if forwarded else event.body_id)
        assert event.channel == "mail"


async def test_one_connection_carries_them_all(ready: Office, mail_server: MailServer):
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    assert mail_server.connections == 1


async def test_i13_one_bad_address_holds_up_nobody(office: Office, mail_server: MailServer):
    gets_ready(office)
    office.does(SetContact(body_id="hza-koeln", email="sekretariat@"))
    async with sending(office, to(mail_server)):
        await during(office, office.releases)
        await until(lambda: settled(office) == LETTERS)
    assert [(event.body_id, event.code) for event in failed(office)] == [
        ("hza-koeln", "no_address")
    ]
    assert len(mail_server.taken) == LETTERS - 1


async def test_a_body_without_an_address_for_mail_is_left_to_people(
    office: Office, mail_server: MailServer
):
    gets_ready(office, "hza-koeln")
    async with sending(office, to(mail_server)):
        await during(office, office.releases)
        await until(lambda: settled(office) == LETTERS - 1)
    assert failed(office) == []
    assert address_of("hza-koeln") not in mail_server.recipients


async def test_a_withdrawn_body_gets_a_cancellation_after_its_invitation(
    ready: Office, mail_server: MailServer
):
    withdraw = WithdrawInvitation(conference_id="c1", body_id="ag-koeln", reason="Terminkollision")
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
        await during(ready, ready.does, withdraw)
        await until(lambda: settled(ready) == LETTERS + 1)
    invited, cancelled = mail_server.of(address_of("ag-koeln"))
    assert "Einladung zur" in invited.message["Subject"]
    assert "Rücknahme" in cancelled.message["Subject"]
    assert "Terminkollision" not in cancelled.message.as_string()


@pytest.mark.parametrize("is_carried", [False, True])
def test_r14_what_was_not_delivered_is_no_credit_unless_somebody_carried_it(
    ready: Office, *, is_carried: bool
):
    ready.releases()
    letters = Correspondence.create_id("c1", "hza-koeln")
    ready.decides(lambda application: fail(application, letters, 1, "5.1.1"))
    if is_carried:
        ready.does(RecordDispatch(conference_id="c1", body_id="hza-koeln", channel="letter"))
    ready.hears_that(ConferenceOpened)
    (frozen,) = ready.published(InvitationListFrozen)
    gaps = {(gap.body_id, gap.code) for area in frozen.areas for gap in area.gaps}
    assert gaps == (set() if is_carried else {("hza-koeln", "NotDelivered")})


def test_a_mail_that_comes_back_is_a_failed_delivery(ready: Office):
    ready.releases()
    (mail,) = written(ready, "hza-koeln")
    id_ = event_id_in(read(mail)["Message-ID"])
    assert id_ is not None
    came_back = RecordFailedDelivery(
        conference_id="c1", body_id="hza-koeln", letter=id_, code="5.1.1"
    )
    for _ in range(2):
        ready.does(came_back)
    assert [(e.body_id, e.letter, e.code) for e in failed(ready)] == [("hza-koeln", id_, "5.1.1")]
    other = came_back.model_copy(update={"letter": id_.replace("hza", "ag")})
    assert ready.refuses(other).error.code == "NotFound"
    not_begun = came_back.model_copy(
        update={"body_id": "ag-koeln", "letter": id_.replace("hza", "ag")}
    )
    assert ready.refuses(not_begun).error.code == "WrongState"


async def test_a_sender_that_starts_again_sends_nothing_twice(
    ready: Office, mail_server: MailServer
):
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
    async with sending(ready, to(mail_server)):
        await asyncio.sleep(0.3)
    assert len(mail_server.taken) == LETTERS


async def test_a_replica_without_the_lease_sends_nothing_until_it_has_it(
    ready: Office, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("siko_invitations.mail.sender.STANDBY_SECONDS", 0.05)
    lease: list[bool] = [True]

    async def take(_: str) -> bool:
        return lease[0]

    async with sending(ready, to(mail_server), take_lease=take):
        lease[0] = False
        await asyncio.sleep(0.3)
        await during(ready, ready.releases)
        await asyncio.sleep(0.5)
        assert mail_server.taken == []
        lease[0] = True
        await until(lambda: settled(ready) == LETTERS)


async def test_what_was_written_before_mails_had_a_way_is_left_to_people(
    ready: Office, mail_server: MailServer
):
    ready.releases()
    async with sending(ready, to(mail_server)):
        await asyncio.sleep(0.5)
    assert mail_server.taken == []


def test_r14_who_was_invited_by_people_before_is_not_invited_again_by_a_further_release(
    ready: Office,
):
    ready.does(CheckCoverage(conference_id="c1"))
    ready.now = "2025-01-12T09:00:00+01:00"
    past = {"effective_at": "2025-01-11T09:00:00+01:00", "evidence": "Schreiben vom 11. Januar"}
    ready.does(ReleaseInvitations(conference_id="c1", **past))
    ready.does(AddBody(conference_id="c1", body_id="br-koeln", purpose="Schulaufsicht"))
    ready.releases()
    topics = [event.TOPIC for event in ready._stored(0)]
    assert topics.count("correspondence.letter_written") == 1
