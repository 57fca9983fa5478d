"""`siko doctor`: diagnosis of a system, with the cause and the next step for each finding."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from siko_contracts.exit_codes import DONE, REFUSED
from siko_contracts.messages import AUTHORIZATION, PRODUCERS

from siko import addresses, broker, broker_users
from siko.doctor.checks import (
    Finding,
    Pages,
    of_answers,
    of_broker,
    of_disk,
    of_lost,
    of_network,
    of_places,
    of_streams,
    of_watch,
)
from siko.doctor.rights import ASK, INSPECT, of_rights
from siko.doctor.stream_comparison import StreamComparison
from siko.issuer import Issuer, signs, stored_token
from siko.output import Output, say, show, unreachable, wrong_usage
from siko.roles import OPERATOR
from siko.services import SERVICES


@dataclass(frozen=True)
class System:
    """Addresses and credentials of a system; `pages` only of the services whose URL is known."""

    nats_url: str
    credentials: Path | None
    headers: Mapping[str, str]
    """Headers of requests over the bus, with the token."""
    pages: Mapping[str, str]
    seen_file: Path | None


@dataclass
class Examination:
    """The result: findings, notes, and how much of the histories was compared."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)


def doctor(urls: Sequence[str], output: Output, data: Path | None, *, history: bool = False) -> int:
    """Return exit code 0 if healthy, 1 with findings. Raises Failure (exit code 3) if nothing answers.

    `history`: compare all stored events with their streams, not only a sample.
    """
    system = _system(urls, data)
    examined = asyncio.run(_examine(system, history=history))
    items, notes = [asdict(finding) for finding in examined.findings], examined.notes
    if items or output is not Output.TABLE:
        document = {
            "healthy": not items,
            "pages": dict(system.pages),
            "findings": items,
            "notes": notes,
            "compared": examined.compared,
        }
        show(document, items, output)
    else:
        say(f"healthy: nats, the streams, {', '.join(SERVICES)}")
        if not system.pages:
            say("asked over the bus only; name their pages too with --url NAME=URL")
    if output is Output.TABLE:
        for line in (*examined.compared, *(f"note: {note}" for note in notes)):
            say(line)
    return REFUSED if items else DONE


def _system(urls: Sequence[str], data: Path | None) -> System:
    pages: dict[str, str] = {}
    seen_file = None
    folder = addresses.data_folder(data)
    running = None if os.environ.get("SIKO_NATS_URL") else addresses.read_run(folder)
    if running:
        pages = {name: service["url"] for name, service in running["services"].items()}
        seen_file = folder / broker.SEEN_FILE
    for given in urls:
        name, _, url = given.partition("=")
        if name not in SERVICES or not url.startswith(("http://", "https://")):
            raise wrong_usage(
                f"--url {given}: give NAME=http://HOST:PORT with one of {', '.join(SERVICES)}"
            )
        pages[name] = url.rstrip("/")
    url = addresses.nats_url(data)
    broker_users.tls(url)  # a wrong setting is said before anybody is asked
    return System(
        url,
        broker_users.credentials("operator", data),
        _signed_in(folder),
        pages,
        seen_file,
    )


def _signed_in(folder: Path) -> Mapping[str, str]:
    """Return headers with an operator's token if the data folder has the signing key, else with the stored token."""
    token = Issuer(folder).token(OPERATOR) if signs(folder) else stored_token(folder)
    return {AUTHORIZATION: f"Bearer {token}"} if token else {}


async def _examine(system: System, *, history: bool) -> Examination:
    """Check the broker first, then what depends on it, so that consequences are not reported separately."""
    pages = [Pages(name, url) for name, url in system.pages.items()]
    examined = Examination(await of_broker(system.nats_url))
    explained = {"nats", "topology"} if examined.findings else set()
    beyond: list[Finding] = []
    if system.seen_file:
        examined.findings += of_disk(system.seen_file.parent)
    if not explained:
        beyond = await _over_the_bus(system, examined, history=history)
        examined.findings += of_network(system.nats_url)
        if any(finding.where == "streams" for finding in examined.findings):
            explained = {"topology"}
    if of_network(system.nats_url):
        explained = explained | {"SIKO_NATS_URL"}
    misplaced = {finding.where for finding in beyond}
    examined.findings += beyond
    examinations = (
        page.examine(explained | {"places"} if page.service in misplaced else explained)
        for page in pages
    )
    for findings in await asyncio.gather(*examinations):
        examined.findings += findings
    if {"nats", "topology"} <= explained and not any(page.answered for page in pages):
        first = examined.findings[0]
        raise unreachable(f"nothing answers; {first.cause}. {first.next_step}")
    return examined


async def _over_the_bus(system: System, examined: Examination, *, history: bool) -> list[Finding]:
    """Add findings of checks over the bus; return those on services whose position is beyond their producer's."""
    refused: set[str] = set()
    async with broker.connected(system.nats_url, system.credentials, refused) as client:
        examined.findings += await of_rights(client, refused, system.headers)
        examinations = [] if INSPECT in refused else [of_streams(client)]
        if ASK in refused:
            for findings in await asyncio.gather(*examinations):
                examined.findings += findings
            return []
        examinations += [of_answers(client, name, system.headers) for name in SERVICES]
        if system.seen_file:
            examinations.append(of_watch(system.seen_file))
        comparisons = [StreamComparison(client, name, system.headers) for name in PRODUCERS]
        examinations += [comparison.examine(whole=history) for comparison in comparisons]
        for findings in await asyncio.gather(*examinations):
            examined.findings += findings
        examined.notes += await of_lost(client, system.headers)
        examined.compared += [comparison.compared for comparison in comparisons]
        return await of_places(client, system.headers)
