"""What may be asked of the agenda: the texts of topics, outcomes and actions."""

from siko_contracts.access import AT_AN_AUTHORITY, Access
from siko_contracts.queries.texts import TextItem, TextsQuery


class Texts(TextsQuery):
    """Titles, texts, reasons and notes of these topics and actions; a conference stands for its topics and needs."""

    NAME = "texts"
    ACCESS = Access(own=AT_AN_AUTHORITY, partner=True, free=("auditor",), sensitive=True)
    ITEM = TextItem
