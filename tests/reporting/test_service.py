"""What reporting offers on the bus."""

import subprocess
import sys

from siko_contracts.messages import PRODUCERS
from siko_contracts.queries import ListQuery
from siko_reporting.service import service
from siko_reporting.views import VIEWS


def test_reporting_follows_every_producer():
    assert set(service.follows) == set(PRODUCERS)


def test_a_view_sorts_and_selects_by_fields_that_there_are(year, items):
    for name, view in VIEWS.items():
        model = service.queries[name]
        assert view.KEYED_BY is None or view.KEYED_BY in model.model_fields
        asked = {} if issubclass(model, ListQuery) else {view.KEYED_BY: "joint"}
        events = [
            event for history in year.values() for event in history if type(event) in view.EVENTS
        ]
        rows = items(name, events, **asked)
        assert rows
        assert all(set(view.ORDER) <= set(row) for row in rows)


def test_reporting_needs_no_event_sourcing():
    loaded = "import sys, siko_reporting.service; sys.exit('eventsourcing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loaded], check=False).returncode == 0
