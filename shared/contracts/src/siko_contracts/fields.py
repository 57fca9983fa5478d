"""Which fields of a command or query name something: a conference, a body, a topic, an area."""

from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from siko_contracts.values import Area, Id, Slug

NAMES = (Id, Slug, Area)


@cache
def naming(model: type[BaseModel]) -> tuple[str, ...]:
    """Fields that hold one id, code or area, or several of them; not those of a model within the model."""
    hints = get_type_hints(model, include_extras=True)
    return tuple(field for field in model.model_fields if _names_something(hints[field]))


def _names_something(hint: Any) -> bool:
    """The keys of a mapping are services (`at_least`), and name nothing of anybody's."""
    if get_origin(hint) is dict:
        return False
    return hint in NAMES or any(_names_something(part) for part in get_args(hint))
