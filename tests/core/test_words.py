"""Words that stand in no list: refused, with what was probably meant."""

import pytest
from siko_contracts.words import CATEGORIES, OUTCOMES, VOCABULARIES
from siko_core.refusals import UnknownWord
from siko_core.words import ensure_known, near


def refused(word, known):
    with pytest.raises(UnknownWord) as refusal:
        ensure_known("field", word, known)
    return refusal.value.details


@pytest.mark.parametrize("known", VOCABULARIES.values(), ids=list(VOCABULARIES))
def test_every_code_is_known_and_every_label_leads_to_its_code(known):
    for code, label in known.items():
        ensure_known("field", code, known)
        for written in (label, label.upper(), label.lower()):
            assert refused(written, known)["code"] == code


@pytest.mark.parametrize(
    ("word", "known", "nearest"),
    [
        ("custms", CATEGORIES, "customs"),
        ("Zol", CATEGORIES, "customs"),
        ("Schulamt", CATEGORIES, "school_office"),
        ("need_for_actions", OUTCOMES, "need_for_action"),
        ("handlungserforderniss", OUTCOMES, "need_for_action"),
        ("lage", OUTCOMES, "situation_picture"),
    ],
)
def test_a_word_that_is_not_known_is_refused_with_the_nearest_code_and_its_label(
    word, known, nearest
):
    details = refused(word, known)
    assert details["field"] == "field"
    assert details["nearest"][nearest] == known[nearest]
    assert "code" not in details


def test_a_word_that_resembles_nothing_is_refused_all_the_same():
    assert refused("quux", CATEGORIES) == {"field": "field", "nearest": {}}


def test_names_come_near_whatever_the_case_of_their_letters():
    assert near("KÖLM", ["Köln", "Leverkusen"]) == ["Köln"]
    assert near("pp-kolen", ["pp-koeln", "pp-bonn"])[0] == "pp-koeln"
