"""The vocabularies of the ruleset nrw-2024.1: code -> German label. They stay open: the ministry adds words (`add_word`)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from siko_contracts.characters import IN_CLASS
from siko_contracts.values import Line

Vocabulary = Literal["category", "topic_area", "outcome"]

CATEGORIES = {
    "public_prosecutor": "Staatsanwaltschaft",
    "ordinary_court": "ordentliche Gerichtsbarkeit",
    "administration": "Kreis-, Stadt-, Gemeindeverwaltung",
    "federal_police": "Bundespolizei",
    "customs": "Zoll",
    "school_office": "staatliches Schulamt",
    "youth_welfare_office": "Jugendamt",
    "district_government": "Bezirksregierung",
    "road_operator": "Straßenbaulast",
    "freight_authority": "Güterverkehr",
    "emergency_service": "Gefahrenabwehr",
    "business": "Wirtschaft, Betreiber",
    "other": "Sonstige",
}
TOPIC_AREAS = {
    "security_situation": "Sicherheitslage",
    "spatial_hotspots": "räumliche Brennpunkte",
    "gangs_repeat_offenders_clans": "Banden, Mehrfachtäter, Clans",
    "protection_of_minors": "Kinder- und Jugendschutz",
    "major_events": "Großveranstaltungen",
    "joint_strategies_and_actions": "gemeinsame Konzepte und Maßnahmen",
    "cooperation_structures": "Strukturen der Zusammenarbeit",
    "other": "Sonstiges",
}
OUTCOMES = {
    "noted": "zur Kenntnis genommen",
    "situation_picture": "Lagebild",
    "focal_point": "Schwerpunkt",
    "need_for_action": "Handlungserfordernis",
    "concept": "Konzept",
    "action": "Maßnahme",
    "structural_agreement": "strukturelle Absprache",
    "cooperation": "Kooperation",
    "deferred": "vertagt",
}
VOCABULARIES: Mapping[Vocabulary, Mapping[str, str]] = {
    "category": CATEGORIES,
    "topic_area": TOPIC_AREAS,
    "outcome": OUTCOMES,
}

Word = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=rf"^[^{IN_CLASS}]*$"
    ),
    Line,
]
"""A code of a vocabulary. Any other text is taken too, so that the refusal can say which code was meant."""
Category = Annotated[Word, Field(examples=list(CATEGORIES))]
TopicArea = Annotated[Word, Field(examples=list(TOPIC_AREAS))]
OutcomeKind = Annotated[Word, Field(examples=list(OUTCOMES))]
