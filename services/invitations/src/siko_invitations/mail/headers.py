"""Headers as they are written: the library's own folding loses or adds a space beside an encoded word, breaks long
Message-IDs, and takes a comma in a long name for a second address (cpython issues 121284, 100884).
"""

from email.header import Header
from email.headerregistry import Address
from email.message import Message
from email.policy import EmailPolicy
from email.utils import formataddr
from typing import Any

MOST_ON_A_LINE = 76


class _Written(EmailPolicy):
    """Texts beyond ASCII are encoded words as a whole, names in addresses too; all else stands on one line."""

    def fold(self, name: str, value: Any) -> str:
        addresses = getattr(value, "addresses", None)
        if addresses:
            (address,) = addresses
            written = _mailbox(name, address)
        elif str(value).isascii():
            written = str(value)
        else:
            written = _encoded(name, str(value))
        return f"{name}: {written}\n".replace("\n", self.linesep)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


POLICY = _Written(linesep="\r\n", cte_type="7bit")


def read_headers(message: "Message[Any, Any]") -> list[tuple[str, str]]:
    """Names and values, decoded; of an address what stands in the angle brackets, and its name without blanks.

    The library's parser makes a blank of the one that separates two encoded words of a name (RFC 2047, 6.2).
    """
    return [(name, _decoded(value)) for name, value in message.items()]


def _decoded(value: Any) -> str:
    addresses = getattr(value, "addresses", None)
    if addresses:
        return repr([("".join(a.display_name.split()), a.addr_spec) for a in addresses])
    return str(value)


def _mailbox(name: str, address: Address) -> str:
    if address.display_name.isascii():
        return formataddr((address.display_name, address.addr_spec))
    return f"{_encoded(name, address.display_name)}\n <{address.addr_spec}>"


def _encoded(name: str, text: str) -> str:
    return Header(text, "utf-8", maxlinelen=MOST_ON_A_LINE, header_name=name).encode()
