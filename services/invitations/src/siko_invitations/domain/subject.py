"""A subject of a mail is read by many on its way: it consists of neutral words, areas, days and numbers alone."""

import re
from collections.abc import Collection

from siko_invitations.domain.refusals import SubjectNotNeutral

WORDS = """
ab absage am an antwort antworten ap april august autobahn autobahnen beantworten benennen benennung
bestätigen bestätigung bezirksregierung bis bitte bitten das der des dezember die dienstag
donnerstag dringend eilt einladung einladungen erbeten erinnerung erneut erste februar freitag frist
fristablauf für gemeinsame gemeinsamen geschäftsstelle heute ihre ihrer im in jahr januar juli juni
konferenz kreispolizeibehörde landrat leitung letzte mai mitteilung mittwoch montag morgen märz nach
noch november offen offene oktober polizeipräsidium rückmeldung samstag schreiben september
sicherheitskonferenz siko tag teilnahme termin uhr um und unsere unserer vertretung vom von vor
weiterleitung wir wird woche zu zum zur zusage zweite über
"""
NEUTRAL = frozenset(WORDS.split())
WORD = re.compile(r"[^\W\d_]+")


def ensure_neutral(subject: str, areas: Collection[str]) -> None:
    """Raises SubjectNotNeutral, which names the place of the word and does not repeat it."""
    of_areas = {word.casefold() for area in areas for word in WORD.findall(area)}
    for place, word in enumerate(WORD.findall(subject), 1):
        if word.casefold() not in NEUTRAL | of_areas:
            raise SubjectNotNeutral(field="subject", word=place)
