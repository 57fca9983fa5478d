"""Words: categories are those of the ruleset, and those that the ministry has added with their label."""

import pytest
from siko_contracts.commands import COMMANDS
from siko_contracts.commands import scheduler as commands
from siko_contracts.events.scheduler import BodyRegistered, WordAdded

HARBOUR = commands.AddWord(vocabulary="category", code="harbour", label="Hafenbehörde")


@pytest.mark.parametrize(
    ("category", "details"),
    [
        ("Zoll", {"code": "customs", "nearest": {"customs": "Zoll"}}),
        ("zoll", {"code": "customs", "nearest": {"customs": "Zoll"}}),
        ("custom", {"nearest": {"customs": "Zoll"}}),
    ],
)
def test_a_body_of_a_category_that_is_no_word_is_refused_with_the_one_that_was_meant(
    house, category, details
):
    error = house.refused(house.body("hza-koeln", category, "Köln"))
    assert error.code == "UnknownWord"
    assert error.details == {"field": "category"} | details


def test_a_change_of_a_body_names_a_word_too(house):
    body = house.body("hza-koeln", "customs", "Köln")
    house.done(body)
    changed = commands.ChangeBody(**(body.model_dump() | {"category": "zollamt"}))
    assert house.refused(changed).code == "UnknownWord"


def test_a_word_that_the_ministry_has_added_is_one_and_its_label_leads_to_it(house):
    harbour = house.body("hafen-koeln", "harbour", "Köln")
    house.refused(harbour)
    house.done(HARBOUR)
    house.done(harbour)

    [added] = house.published(WordAdded)
    assert (added.vocabulary, added.code, added.label) == ("category", "harbour", "Hafenbehörde")
    assert added.authority_id == "nrw"
    assert house.published(BodyRegistered)[-1].category == "harbour"
    error = house.refused(house.body("hafen-essen", "hafenbehörde", "Essen"))
    assert error.details["code"] == "harbour"


def test_a_word_of_one_vocabulary_is_none_of_another(house):
    house.done(HARBOUR.model_copy(update={"vocabulary": "outcome"}))
    assert house.refused(house.body("x", "harbour", "Köln")).code == "UnknownWord"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"code": "customs"}, "code"), ({"label": "ZOLL"}, "label")],
)
def test_a_code_and_a_label_are_taken_once(house, change, field):
    error = house.refused(HARBOUR.model_copy(update=change))
    assert (error.code, error.details["field"]) == ("AlreadyDone", field)


def test_the_ministry_alone_adds_words():
    assert COMMANDS["scheduler"]["add_word"].ACCESS.free == ("ministry",)
