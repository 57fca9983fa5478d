"""All that is made from the code: schemas, tables of the documentation, and samples of stored events.

`make contracts` writes it. In a page a table stands between `<!-- made by make contracts: NAME -->` and `<!-- end -->`.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily
from siko_contracts import schemas
from siko_contracts.access import Access
from siko_contracts.events import TYPES
from siko_contracts.messages import PRODUCERS
from siko_core.process import declared_metrics
from siko_core.process.declared_metrics import Declared
from siko_reporting.views import VIEWS

from tests.contracts import stored_events
from tests.contracts.rights import COMMAND_ACCESS, QUERY_ACCESS

ROOT = Path(__file__).parents[2]
MARKED = re.compile(
    r"(?P<begin><!-- made by make contracts: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)",
    re.DOTALL,
)


def rights(rows: Mapping[str, Mapping[str, Access]]) -> str:
    """Who may ask for what: a line for each command or query, those of several services once."""
    lines = ["| | own only | everything |", "|---|---|---|"]
    services_of: dict[tuple[str, Access], list[str]] = {}
    for service, names in rows.items():
        for name, access in names.items():
            services_of.setdefault((name, access), []).append(service)
    for (name, access), services in services_of.items():
        where = "every service" if len(services) == len(rows) else ", ".join(services)
        own = [*access.own, *(["partner"] if access.partner else [])]
        of = f" ({', '.join(access.fields)})" if own and access.fields else ""
        lines.append(f"| {where} `{name}` | {', '.join(own)}{of} | {', '.join(access.free)} |")
    return "\n".join(lines)


def views() -> str:
    """The views of reporting, by what their modules say of themselves."""
    lines = ["| view | what it tells |", "|---|---|"]
    for name, view in VIEWS.items():
        says, _, _ = (view.__doc__ or "").partition("\n")
        lines.append(f"| `{name}` | {says.rstrip('.')} |")
    return "\n".join(lines)


def events(service: str) -> str:
    """What a service publishes, in the order of its contracts."""
    module = f"siko_contracts.events.{service}"
    names = [
        type_.partition(".")[0] for type_, event in TYPES.items() if event.__module__ == module
    ]
    return ", ".join(f"`{name}`" for name in names) + "."


def metrics(declared: Iterable[Declared[Any]]) -> str:
    """What each metric says and when to look at it, under the name that its samples have."""
    lines = ["| metric | further labels | meaning | alert, or when to look |", "|---|---|---|---|"]
    for metric in declared:
        suffix = "_total" if metric.kind is CounterMetricFamily else ""
        labels = [f"`{label}`" for label in metric.labels]
        if metric.kind is HistogramMetricFamily:
            labels += ["histogram", "`le`"]
        meaning = "; ".join(filter(None, (metric.text, metric.more)))
        lines.append(
            f"| `{metric.name}{suffix}` | {', '.join(labels)} | {meaning} | {metric.look} |"
        )
    return "\n".join(lines)


TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "docs/identity.md": {
        "commands": lambda: rights(COMMAND_ACCESS),
        "queries": lambda: rights(QUERY_ACCESS),
    },
    "docs/metrics.md": {
        "metrics behind": lambda: metrics(declared_metrics.BEHIND),
        "metrics able": lambda: metrics(declared_metrics.ABLE),
        "metrics doing": lambda: metrics(declared_metrics.DOING),
    },
    **{
        f"services/{service}/README.md": {f"events of {service}": partial(events, service)}
        for service in PRODUCERS
    },
    "services/reporting/README.md": {"views": views},
}


def files() -> dict[Path, str]:
    """What is written again whenever the code changes: file -> its text."""
    made = {schemas.FOLDER / file: text for file, text in schemas.texts().items()}
    for page, tables in TABLES.items():
        text = (ROOT / page).read_text("utf-8")
        assert {marked["name"] for marked in MARKED.finditer(text)} == {*tables}, page
        made[ROOT / page] = MARKED.sub(
            lambda marked, tables=tables: (
                f"{marked['begin']}{tables[marked['name']]()}\n{marked['end']}"
            ),
            text,
        )
    return made


def out_of_date() -> Iterator[Path]:
    """Files that are not as the code says; a schema whose model is gone is one of them."""
    made = files()
    for file, text in made.items():
        if not file.is_file() or file.read_text("utf-8") != text:
            yield file
    yield from (file for file in schemas.FOLDER.rglob("*.json") if file not in made)
    yield from stored_events.missing()


def write() -> list[Path]:
    """Write what is out of date; returns it."""
    outdated = list(out_of_date())
    made = files() | stored_events.missing()
    for file in outdated:
        if file in made:
            file.parent.mkdir(exist_ok=True)
            file.write_text(made[file], encoding="utf-8")
        else:
            file.unlink()
    return outdated


def ensure_unaltered(folder: Path = stored_events.FOLDER) -> None:
    """Exits if a committed sample would become another message than the committed one, which is never written over."""
    if altered := stored_events.altered(folder):
        sys.exit(
            f"These samples of stored events would become another message: {', '.join(altered)}. Events are for ever:"
            " give what was changed a new topic or type, or read the old form (CONTRIBUTING.md). Only where the event"
            " was never released, remove its files in tests/contracts/stored and golden by hand."
        )
