"""How a CSV file is written: what stands between its columns, and the encoding of its letters."""

from dataclasses import dataclass
from enum import StrEnum


class Separator(StrEnum):
    """Of columns, by its name: a shell ends a command at a `;`."""

    COMMA = "comma"
    SEMICOLON = "semicolon"

    @property
    def character(self) -> str:
        return {Separator.COMMA: ",", Separator.SEMICOLON: ";"}[self]


class Encoding(StrEnum):
    """UTF-8 with or without a byte order mark, or what German Windows calls ANSI."""

    UTF_8 = "utf-8"
    WINDOWS_1252 = "windows-1252"


@dataclass(frozen=True)
class Form:
    """Of all files of an import."""

    separator: Separator = Separator.COMMA
    encoding: Encoding = Encoding.UTF_8


PLAIN = Form()
