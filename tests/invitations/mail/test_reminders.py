"""Reminders leave as mails: in the ruleset's words or in those of a secretariat, to who was written before."""

from siko_contracts.commands.invitations import Respond, SendReminders
from siko_invitations.domain.correspondence import Correspondence

from tests.invitations.conftest import Office

from .conftest import DIRECT, address_of, during, failed, sending, settled, to, until
from .servers import MailServer
from .test_mails import calendar_of, read, read_by_ical_js, written
from .test_sender import LETTERS


def test_a_reminder_is_of_the_thread_and_asks_for_the_answer(ready: Office):
    ready.releases()
    written(ready)
    ready.now = "2025-01-20T09:00:00+01:00"
    ready.does(SendReminders(conference_id="c1", body_ids=("ag-leverkusen",)))
    invited, reminded = written(ready)
    assert "Erinnerung an die Sicherheitskonferenz" in read(reminded)["Subject"]
    assert "Antwort bis" in read(reminded)["Subject"]
    assert read(reminded)["References"] == read(invited)["Message-ID"]
    read_back = read_by_ical_js(it=calendar_of(reminded)[1])["it"]
    assert (read_back["method"], read_back["sequence"]) == ("REQUEST", 0)


def test_the_words_of_a_secretariat_stand_in_the_reminder_and_in_no_event(ready: Office):
    ready.releases()
    written(ready)
    ready.now = "2025-01-20T09:00:00+01:00"
    ready.does(
        SendReminders(
            conference_id="c1",
            body_ids=("ag-leverkusen",),
            subject="Bitte um Ihre Antwort",
            text="wir benötigen Ihre Antwort wegen der Plätze.\n\nVielen Dank.",
        )
    )
    reminded = read(written(ready)[-1])
    assert reminded["Subject"] == "Bitte um Ihre Antwort"
    body = reminded.get_body(("plain",))
    assert body is not None
    for words in ("wegen der Plätze.", "Vielen Dank.", "Walter-Pauli-Ring", "Antwort bis"):
        assert words in body.get_content()
    stored = "".join(event.model_dump_json() for event in ready._stored(0))
    assert "wegen der Plätze" not in stored


async def test_i16_a_reminder_that_fails_repeats_no_other(ready: Office, mail_server: MailServer):
    async with sending(ready, to(mail_server)):
        await during(ready, ready.releases)
        await until(lambda: settled(ready) == LETTERS)
        mail_server.refusals[address_of("lg-koeln")] = "550 5.1.1 nein"
        ready.now = "2025-01-20T09:00:00+01:00"
        three = SendReminders(conference_id="c1", body_ids=("ag-koeln", "lg-koeln", "olg-koeln"))
        for _ in range(5):
            await during(ready, ready.does, three)
        await until(lambda: settled(ready) == LETTERS + 3)
    assert [(event.body_id, event.kind) for event in failed(ready)] == [("lg-koeln", "reminder")]
    for body_id in ("ag-koeln", "olg-koeln"):
        assert len(mail_server.of(address_of(body_id))) == 2


def test_who_has_answered_gets_no_reminder(ready: Office):
    ready.releases()
    ready.does(Respond(conference_id="c1", body_id="ag-koeln", answer="accepted", channel="phone"))
    ready.now = "2025-01-20T09:00:00+01:00"
    ready.does(SendReminders(conference_id="c1"))
    reminded = [
        event.to_body_id
        for event in ready._stored(0)
        if isinstance(event, Correspondence.LetterWritten) and event.kind == "reminder"
    ]
    assert sorted(reminded) == sorted(set(DIRECT) - {"ag-koeln"})
