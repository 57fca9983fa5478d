"""Accepting gaps: each by itself, as the command wants them."""

from typing import Any

from siko_contracts.values import MANDATORY_CATEGORIES


def accepted(*areas: str, reason: str = "Probe") -> list[dict[str, Any]]:
    """Acceptances of whatever may be missing in these areas, one for each mandatory category."""
    return [
        {"area": area, "category": category, "reason": reason}
        for area in areas
        for category in MANDATORY_CATEGORIES
    ]
