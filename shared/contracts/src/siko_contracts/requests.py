"""What commands and queries have in common: a name on the bus, and a right."""

from types import ModuleType
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

from siko_contracts.access import Access
from siko_contracts.fields import naming

R = TypeVar("R", bound="Request")


class Request(BaseModel):
    """What a service is asked; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, defer_build=True, extra="forbid")

    NAME: ClassVar[str]
    """The last token of its subject."""
    ACCESS: ClassVar[Access]
    """Who may ask for it. Each class states its own: a right is never inherited."""

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Raises TypeError if a named class has no right of its own, or one about a field that names nothing in it."""
        if "NAME" not in vars(cls):
            return
        if "ACCESS" not in vars(cls):
            raise TypeError(f"{cls.__name__} has no ACCESS: say who may ask for it")
        if strange := sorted({*cls.ACCESS.fields} - {*naming(cls)}):
            raise TypeError(
                f"{cls.__name__}.ACCESS: {strange} are no fields of it that name something"
            )


def declared_in(module: ModuleType, kind: type[R]) -> dict[str, type[R]]:
    """The requests of a kind that a module declares, by their names, in its order."""
    return {
        model.NAME: model
        for model in vars(module).values()
        if isinstance(model, type)
        and issubclass(model, kind)
        and model.__module__ == module.__name__
        and "NAME" in vars(model)
    }
