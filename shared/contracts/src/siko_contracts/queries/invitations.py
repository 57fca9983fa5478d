"""What may be asked of invitations: the texts of answers, lists and contacts."""

from siko_contracts.access import AT_AN_AUTHORITY, Access
from siko_contracts.queries.texts import TextItem, TextsQuery


class Texts(TextsQuery):
    """What was said about the invitations of these conferences, and the contacts of these bodies."""

    NAME = "texts"
    ACCESS = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",), sensitive=True)
    ITEM = TextItem
