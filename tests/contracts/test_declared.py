"""What must be said in two places is: each test names the place that was forgotten."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, TypeAdapter
from siko_contracts import commands, queries
from siko_contracts.commands import COMMANDS
from siko_contracts.events import TYPES
from siko_contracts.messages import FOLLOWS
from siko_contracts.queries import QUERIES, Query, audit
from siko_contracts.requests import declared_in
from siko_core.process import declared_metrics
from siko_core.process.declared_metrics import Declared
from siko_core.sealed import Sealed
from siko_reporting import withdrawn
from siko_reporting.views import VIEWS, ensure_visible
from siko_reporting.views.base import Visibility

from tests.contracts.stored_events import contracts_of, stored_by_services

ROOT = Path(__file__).parents[2]
SERVICES = ("scheduler", "invitations", "agenda")
SEAL = 1
"""Which argument of `seal` is the field's path."""


def service_of(name: str) -> Any:
    return importlib.import_module(f"siko_{name}.service").service


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_stands_in_its_service_with_the_function_of_its_name(service):
    """Else: the table in `service.py`."""
    functions = {
        model.NAME: function.__name__ for model, function in service_of(service).commands.items()
    }
    assert functions == {name: name for name in COMMANDS[service]}, f"siko_{service}/service.py"


@pytest.mark.parametrize("service", SERVICES)
def test_every_query_of_a_write_service_stands_in_it(service):
    own = {*QUERIES[service].values()} - {*declared_in(audit, Query).values()}
    assert {*service_of(service).queries} == own, f"siko_{service}/service.py"


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_and_query_stands_in_the_readme_of_its_service(service):
    page = (ROOT / f"services/{service}/README.md").read_text("utf-8")
    names = [*COMMANDS[service], *(query.NAME for query in service_of(service).queries)]
    assert [name for name in names if f"`{name}`" not in page] == [], (
        f"services/{service}/README.md"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_follows_whom_it_reacts_to(service):
    """Else its reaction is never called: `FOLLOWS` in `siko_contracts/messages.py`."""
    reactions = [event for event in service_of(service).policy.registry if "TYPE" in vars(event)]
    producers = {event.__module__.rpartition(".")[2] for event in reactions}
    assert reactions
    assert producers <= {*FOLLOWS[service]}


def test_a_view_sorts_by_fields_of_its_items_and_is_keyed_by_one_of_its_query():
    for name, view in VIEWS.items():
        query = QUERIES["reporting"][name]
        assert query.ITEM, name
        assert {*view.ORDER} <= {*query.ITEM.model_fields}, f"ORDER of {name}"
        assert view.KEYED_BY in {None, *query.model_fields}, f"KEYED_BY of {name}"


@pytest.mark.parametrize("view", VIEWS)
def test_what_a_body_sees_and_whether_it_may_ask_agree(view, monkeypatch):
    """A view that forgets one of both does not start."""
    monkeypatch.setattr(VIEWS[view], "VISIBLE", Visibility("asks for its own", any_body=no_part))
    if QUERIES["reporting"][view].ACCESS.partner:
        monkeypatch.setattr(VIEWS[view], "VISIBLE", Visibility("its documents"))
    with pytest.raises(TypeError, match=r"\(VISIBLE\) and whether it may ask \(ACCESS\) differ"):
        ensure_visible(VIEWS[view])


def no_part(*_: Any) -> None:
    return None


def test_every_query_of_reporting_has_its_view():
    """Else: the module in `siko_reporting/views/` and its name in the `__init__.py` there."""
    assert {*QUERIES["reporting"]} == {*VIEWS, withdrawn.NAME}, "siko_reporting/views/__init__.py"


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_of_the_contracts_is_published(service):
    """Else: a line in `publishing.py`."""
    promised = {e for e in TYPES.values() if e.__module__ == f"siko_contracts.events.{service}"}
    published = {translation.contract for translation in contracts_of(service).values()}
    assert published == promised, f"siko_{service}/publishing.py"


@pytest.mark.parametrize("service", SERVICES)
def test_a_text_is_sealed_under_a_path_that_an_event_has(service):
    """Else the auditor reads nothing: `seal(owner, path, ...)` must name the field of the event that holds it."""
    paths = {
        path
        for event in stored_by_services().values()
        if event.__module__.startswith(f"siko_{service}.")
        for path in sealed_paths(event)
    }
    sealed = dict(seals(ROOT / f"services/{service}/src"))
    assert sealed, service
    assert {place: path for place, path in sealed.items() if path not in paths} == {}, (
        "no event has this field"
    )
    assert {*sealed.values()} == paths, "fields that nobody seals"


def sealed_paths(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Dotted paths of the sealed fields of a model, also within the models that it holds."""
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        for inner in models_in(field.annotation):
            if issubclass(inner, Sealed):
                yield here
            else:
                yield from sealed_paths(inner, here)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def seals(folder: Path) -> Iterator[tuple[str, str]]:
    """Where something is sealed, and under which path; a path that is no literal is none."""
    for module in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", None) == "seal":
                path = node.args[SEAL]
                assert isinstance(path, ast.Constant), f"{module}:{node.lineno}: a literal path"
                yield f"{module.name}:{node.lineno}", str(path.value)


def test_every_metric_stands_in_one_of_the_tables():
    """Else: `BEHIND`, `ABLE` or `DOING` of `siko_core/process/declared_metrics.py`."""
    declared = {
        metric for metric in vars(declared_metrics).values() if isinstance(metric, Declared)
    }
    tables = [
        metric
        for table in (declared_metrics.BEHIND, declared_metrics.ABLE, declared_metrics.DOING)
        for metric in table
    ]
    assert {*tables} == declared
    assert len(tables) == len(declared)


def test_what_a_request_leaves_out_is_a_value_of_its_type_and_null_where_that_is_one():
    requests = {
        model
        for table in (COMMANDS, QUERIES, {"": commands.OPERATIONS}, {"": queries.OPERATIONS})
        for models in table.values()
        for model in models.values()
    }
    assert len(requests) > 50
    for model in requests:
        for name, field in model.model_fields.items():
            if field.is_required() or field.default_factory is not None:
                continue
            has_null = type(None) in get_args(field.annotation)
            assert (field.default is None) == has_null, (model, name)
            TypeAdapter(field.annotation).validate_python(field.default)
