"""German words for the codes that answers hold, by the field that holds them."""

from collections.abc import Mapping

from siko_contracts import words

VERDICTS = {
    "FULFILLED": "erfüllt",
    "FULFILLED_WITH_GAPS": "erfüllt mit Lücken",
    "MISSED": "nicht erfüllt",
    "COVERED": "Termin festgelegt",
    "AT_RISK": "gefährdet",
    "OPEN": "offen",
}
KINDS = {"siko": "Sicherheitskonferenz", "siko_ap": "Siko-AP"}
CATEGORIES = words.CATEGORIES | {"administration": "Verwaltung", "school_office": "Schulamt"}
"""Shorter where the vocabulary is long."""
GAPS = {
    "BodyNotInvited": "nicht eingeladen",
    "NoBodyRegistered": "keine Stelle im Register erfasst",
    "NotDelivered": "Einladung nicht zugestellt",
    "NotOpened": "Termin vorbei, Sitzung nicht eröffnet",
    "HeldNotRecorded": "eröffnet, Durchführung nicht erfasst",
    "WillNotCount": "zählt so für diesen Bereich nicht",
}
CONFERENCES = {
    "PLANNED": "geplant",
    "SCHEDULED": "angesetzt",
    "CONVENED": "einberufen",
    "IN_SESSION": "eröffnet",
    "HELD": "durchgeführt",
    "ABSORBED": "in einer anderen aufgegangen",
    "CLOSED": "abgeschlossen",
    "POSTPONED": "verschoben",
    "CANCELLED": "abgesagt",
}
INVITATIONS = {
    "DRAFTED": "vorbereitet",
    "SENT": "versandt",
    "SENT_TO_INTERMEDIARY": "an die Bezirksregierung",
    "FORWARDED": "weitergeleitet",
    "ATTENDED": "teilgenommen",
    "ABSENT": "nicht teilgenommen",
    "WITHDRAWN": "zurückgezogen",
}
ACTIONS = {"PROPOSED": "vorgeschlagen", "AGREED": "vereinbart"}
NEEDS = {"open": "offen", "answered": "beantwortet", "dismissed": "ohne Maßnahme beantwortet"}
LETTERS = {"parked": "zurückgestellt", "replayed": "angewandt", "discarded": "verworfen"}
TOPICS = {
    "SUBMITTED": "angemeldet",
    "ACCEPTED": "angenommen",
    "PLACED": "auf der Tagesordnung",
    "DISCUSSED": "behandelt",
    "RETURNED": "zurückgegeben",
    "REJECTED": "abgelehnt",
    "DEFERRED": "vertagt",
    "WITHDRAWN": "zurückgezogen",
}
STATES: Mapping[str, Mapping[str, str]] = {
    "conferences": CONFERENCES,
    "conference": CONFERENCES,
    "invitations": INVITATIONS,
    "actions": ACTIONS,
    "needs": NEEDS,
    "dead_letters": LETTERS,
    "agenda": TOPICS,
}
"""Of a query's items, or of a list within an item; the same code has other words elsewhere."""
CHANNELS = {
    "portal": "Portal",
    "itip": "Kalender",
    "mail": "E-Mail",
    "phone": "Telefon",
    "letter": "Brief",
}
FIELDS: Mapping[str, Mapping[str, str]] = {
    "verdict": VERDICTS,
    "recorded_verdict": VERDICTS,
    "kind": KINDS | {"polizeipraesidium": "Polizeipräsidium", "landrat": "Landrat"},
    "category": CATEGORIES,
    "topic_area": words.TOPIC_AREAS,
    "channel": CHANNELS,
    "route": {"direct": "direkt", "via": "über die Bezirksregierung"},
    "answer": {
        "OPEN": "offen",
        "ACCEPTED": "Zusage",
        "TENTATIVE": "unter Vorbehalt",
        "DECLINED": "Absage",
        "DEPUTY_NAMED": "Vertretung",
    },
    "level": {"head": "Leitung", "deputy_head": "stellvertretende Leitung", "other": "sonstige"},
    "classification": {"open": "offen", "vs_nfd": "VS-NfD"},
    "fact": {
        "authority": "Behörde",
        "head": "Behördenleitung",
        "motorway_duty": "Autobahnen",
        "area": "Bereich",
        "body": "Stelle",
    },
}


def words_of(field: str, about: str = "") -> Mapping[str, str]:
    """Code -> German words of a field; `about`: the query or list whose items have it."""
    if field == "state":
        return STATES.get(about, {})
    return words.OUTCOMES if (field, about) == ("kind", "outcomes") else FIELDS.get(field, {})


def gap(gap: Mapping[str, object]) -> str:
    """A gap in words: what is missing, which body, why, and by which rule."""
    category, code = gap.get("category"), str(gap["code"])
    parts = (
        CATEGORIES.get(str(category), str(category)) if category else None,
        gap.get("body_id"),
        f"{GAPS.get(code, code)} ({gap['rule']})",
    )
    return ", ".join(str(part) for part in parts if part)
