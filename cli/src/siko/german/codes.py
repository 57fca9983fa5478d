"""German words for the codes that answers hold, by the field that holds them."""

import re
from collections.abc import Iterable, Mapping

from siko_contracts import words

NUMBERED = re.compile(r"R\d+")

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
FINDINGS = {
    "BodyNotInvited": "nicht eingeladen",
    "NoBodyRegistered": "keine Stelle im Register erfasst",
    "NotDelivered": "Einladung nicht zugestellt",
    "NotOpened": "Termin vorbei, Sitzung nicht eröffnet",
    "HeldNotRecorded": "eröffnet, Durchführung nicht erfasst",
    "WouldBeReminded": "würde erinnert",
    "WillNotCount": "zählt so für diesen Bereich nicht",
    "NoContact": "keine Kontaktdaten hinterlegt",
    "NoSender": "kein Absenderpostfach hinterlegt",
    "DeputyForTwoBodies": "dieselbe Person vertritt auch diese Stelle",
    "NoSituationPicture": "Tagesordnung beginnt nicht mit dem Lagebild",
    "RecordedAbsent": "als anwesend genannt, aber als nicht teilgenommen erfasst",
    "Saturday": "Samstag",
    "SchoolHolidays": "Schulferien",
    "SchoolHolidaysUnknown": "Schulferien noch nicht bekannt",
    "Blackout": "Sperrzeit",
    "YearEnd": "Heiligabend oder Silvester",
    "ShortNotice": "Vorlauf zu kurz",
    "ConferenceOverlaps": "überschneidet sich mit einer anderen Konferenz",
    "OffsetNotOfBerlin": "Uhrzeit passt nicht zur Berliner Zeit an diesem Tag",
}
"""What speaks against something, and what is missing: gaps are findings."""
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
FORWARDING = {
    "OPEN": "noch nicht bestätigt",
    "OVERDUE": "überfällig",
    "CONFIRMED": "bestätigt",
    "WITHDRAWN": "zurückgezogen",
}
ACTIONS = {"PROPOSED": "vorgeschlagen", "AGREED": "vereinbart"}
NEEDS = {"open": "offen", "answered": "beantwortet", "dismissed": "ohne Maßnahme beantwortet"}
REPLIES = {"open": "offen", "settled": "erledigt"}
HELD = {
    "to_be_read": "zu lesen",
    "automatic": "automatische Antwort",
    "foreign": "Teilnehmer gehört nicht zur Stelle",
    "forged": "Absender gehört nicht zur Stelle",
    "foreign_deputy": "Vertretung gehört nicht zur Stelle",
    "no_contact": "keine E-Mail-Adresse der Stelle hinterlegt",
    "unknown_conference": "Konferenz nicht bekannt",
    "not_invited": "Stelle nicht eingeladen",
    "withdrawn": "Einladung zurückgezogen",
    "after_start": "nach Beginn der Konferenz",
    "stale": "überholt",
    "duplicate": "schon eingegangen",
    "no_mail": "keine E-Mail",
    "no_calendar": "Kalenderdatei nicht lesbar",
    "encoding": "Zeichensatz der Kalenderdatei falsch angegeben",
    "too_large": "Kalenderdatei zu groß",
    "no_reply": "keine Antwort auf eine Einladung",
    "several_events": "mehrere Termine",
    "recurring": "Serientermin",
    "foreign_uid": "Antwort auf einen fremden Termin",
    "too_many_attendees": "zu viele Teilnehmer",
    "several_attendees": "mehrere Teilnehmer",
    "no_attendee": "Teilnehmer fehlt",
    "no_answer": "Antwort fehlt",
    "no_delegate": "Vertretung fehlt",
    "no_stamp": "Zeitstempel fehlt",
    "no_sequence": "Fassung des Termins fehlt",
    "no_time": "vorgeschlagene Zeit fehlt",
}
"""Why something that came to the mailbox was not counted as an answer."""
CALENDAR_ANSWERS = {
    "accepted": "Zusage",
    "tentative": "unter Vorbehalt",
    "declined": "Absage",
    "delegated": "Vertretung",
}
WRITTEN = {
    "drafted": "vor der Freigabe",
    "due": "noch nicht versandt",
    "begun": "wird versandt",
    "handed_over": "versandt",
    "failed": "nicht zugestellt",
    "void": "überholt",
}
"""What has become of a letter to a body."""
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
    "forwarding": FORWARDING,
    "actions": ACTIONS,
    "needs": NEEDS,
    "dead_letters": LETTERS,
    "letters": WRITTEN,
    "agenda": TOPICS,
    "unmatched_replies": REPLIES,
}
"""Of a query's items, or of a list within an item; the same code has other words elsewhere."""
LEVELS = {"head": "Leitung", "deputy_head": "Stellvertretung", "other": "andere Ebene"}
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
    "kind": KINDS
    | {"polizeipraesidium": "Polizeipräsidium", "landrat": "Landrat"}
    | {
        "invitation": "Einladung",
        "change": "Änderung",
        "cancellation": "Absage",
        "reminder": "Erinnerung",
        "forwarding_request": "Bitte um Weiterleitung",
    },
    "category": CATEGORIES,
    "topic_area": words.TOPIC_AREAS,
    "channel": CHANNELS,
    "dispatched_by": CHANNELS,
    "carried_by": CHANNELS,
    "route": {"direct": "direkt", "via": "über die Bezirksregierung"},
    "answer": {
        "OPEN": "offen",
        "ACCEPTED": "Zusage",
        "TENTATIVE": "unter Vorbehalt",
        "DECLINED": "Absage",
        "DEPUTY_NAMED": "Vertretung",
    },
    "answer_link": {"issued": "ausgestellt", "revoked": "gesperrt"},
    "cause": HELD,
    "about": {"answer": "Antwort", "forwarding": "Weiterleitung"},
    "level": LEVELS,
    "announced_level": LEVELS,
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
    if about == "unmatched_replies" and field == "answer":
        return CALENDAR_ANSWERS
    return words.OUTCOMES if (field, about) == ("kind", "outcomes") else FIELDS.get(field, {})


def gap(gap: Mapping[str, object]) -> str:
    """A finding in words: what is missing, which body, why, and by which numbered rule."""
    category = gap.get("category")
    return _finding(gap, CATEGORIES.get(str(category), str(category)) if category else None)


def finding(item: Mapping[str, object]) -> str:
    """The same with its area, and with the code of its category: to be accepted it is named by both."""
    code = str(item.get("category") or "")
    said = _finding(item, f"{CATEGORIES[code]} ({code})" if code in CATEGORIES else code or None)
    return f"{item['area']}: {said}" if item.get("area") else said


def findings(items: Iterable[Mapping[str, object]]) -> list[str]:
    """A line each; bodies of which the same is said, whatever the area, share one."""
    lines: dict[str, list[str]] = {}
    for item in items:
        body_id = None if item.get("area") else item.get("body_id")
        said = finding({**item, "body_id": None} if body_id else item)
        lines.setdefault(said, []).extend([str(body_id)] if body_id else [])
    return [f"{said}: {', '.join(bodies)}" if bodies else said for said, bodies in lines.items()]


def _finding(item: Mapping[str, object], category: str | None) -> str:
    code, rule = str(item["code"]), str(item["rule"])
    why = FINDINGS.get(code, code) + (f" ({rule})" if NUMBERED.fullmatch(rule) else "")
    return ", ".join(str(part) for part in (category, item.get("body_id"), why) if part)
