"""Message-IDs of our mails: made of the id of the event with which a letter was written, and read back from a bounce."""

import re
from urllib.parse import quote, unquote

ID_DOMAIN = "siko.internal"
"""Behind the authority: the name is for private use, and no change of address changes an id."""
OURS = re.compile(rf"<([^<>@\s]+)\.(\d+)@[^<>@\s]+\.{re.escape(ID_DOMAIN)}>")


def message_id(authority_id: str, event_id: str) -> str:
    """The same for ever: `<correspondence.0193….ag-koeln.3@pp-koeln.siko.internal>`."""
    aggregate_id, _, version = event_id.rpartition("@")
    return f"<{_dotted(aggregate_id)}.{version}@{_dotted(authority_id)}.{ID_DOMAIN}>"


def event_id_in(message_id: str) -> str | None:
    """The id of the event that a Message-ID of ours is made of; None of any other."""
    found = OURS.fullmatch(message_id.strip())
    if found is None:
        return None
    parts = (unquote(part) for part in found[1].split("."))
    return f"{':'.join(parts)}@{found[2]}"


def _dotted(id_: str) -> str:
    """An id as the left part has it: of letters, digits and what RFC 5322 calls atext. Ids of ours hold no dot."""
    return ".".join(quote(part, safe="").replace(".", "%2E") for part in id_.split(":"))
