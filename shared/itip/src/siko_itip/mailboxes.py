"""Mail addresses as calendars and mails carry them: one address and a name that no header can be broken with."""

from email.headerregistry import Address
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from siko_contracts.values import Line, Name, Value

MOST_CHARACTERS = 254
"""Of an address (RFC 5321, 4.5.3.1.3)."""
ENCODED_WORD = "=?"
"""Begins what a header reads as other characters (RFC 2047), line breaks among them."""


def _one_address(text: str) -> str:
    """The address with its domain in small letters. Raises ValueError if it is none, or more than one."""
    try:
        address = Address(addr_spec=text)
    except Exception as error:  # the parser fails in many ways
        raise ValueError("one mail address, as name@example.org") from error
    if not address.username or not address.domain or address.addr_spec != text:
        raise ValueError("one mail address, as name@example.org")
    return f"{text.rpartition('@')[0]}@{address.domain.lower()}"


def _no_encoded_word(text: str) -> str:
    if ENCODED_WORD in text:
        raise ValueError("may not hold =?, which headers read as other characters")
    return text


MailAddress = Annotated[
    str,
    StringConstraints(min_length=3, max_length=MOST_CHARACTERS, pattern=r"^[!-~]+$"),
    Line,
    AfterValidator(_one_address),
]
"""In ASCII; a domain with umlauts comes in its IDNA form."""

HeaderName = Annotated[Name, AfterValidator(_no_encoded_word)]


class Mailbox(Value):
    """Where a function is reached, and its name."""

    email: MailAddress
    name: HeaderName | None = None
