"""Two replicas on one PostgreSQL: one sends, and the other goes on where it stopped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from siko_contracts.events.scheduler import ConferenceRescheduled
from siko_core.store.lease import Lease

from tests.invitations.conftest import Office

from .conftest import DIRECT, during, gets_ready, sending, settled, to, until
from .servers import MailServer
from .test_sender import LETTERS


@contextmanager
def leasing(url: str) -> Iterator[Lease]:
    lease = Lease(url)
    try:
        yield lease
    finally:
        lease.close()


async def test_of_two_replicas_one_sends_and_the_other_goes_on_where_it_stopped(
    tmp_path: Path, postgres_url: str, mail_server: MailServer
):
    first, second = (Office(tmp_path, postgres_url) for _ in range(2))
    gets_ready(first)
    with leasing(postgres_url) as second_lease:
        with leasing(postgres_url) as first_lease:
            async with sending(first, to(mail_server), take_lease=first_lease.take):
                await during(first, first.releases)
                assert not await second_lease.take("invitations (own log)")
                await until(lambda: settled(first) == LETTERS)
        async with sending(second, to(mail_server), take_lease=second_lease.take):
            await during(
                second,
                second.hears_of_conference,
                ConferenceRescheduled,
                state="CONVENED",
                place="Rathaus",
            )
            await until(lambda: settled(second) == 2 * LETTERS)
    assert (
        len({mail.content for mail in mail_server.taken}) == len(mail_server.taken) == 2 * LETTERS
    )
    changes = [mail for mail in mail_server.taken if "Änderung" in mail.message["Subject"]]
    assert len(changes) == len(DIRECT)
    for office in (first, second):
        office.application.recorder.close()
        office.application.close()
