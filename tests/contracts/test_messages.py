"""How messages travel: headers carry any text, and subjects carry ids only."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from siko_contracts.messages import (
    PRODUCERS,
    attribute,
    command_subject,
    event_subject,
    from_header,
    query_subject,
    stream,
    to_header,
)
from siko_contracts.values import Area, Id, Slug


@given(st.text())
def test_a_header_comes_back_as_it_was_sent(text):
    """CloudEvents, NATS binding §3.1.3: whatever is in it, only U+0021 to U+007E travels."""
    header = to_header(text)
    assert from_header(header) == text
    assert re.fullmatch(r"[\x21-\x7e]*", header)
    assert '"' not in header


def test_a_header_is_percent_encoded_utf_8():
    assert to_header("Köln") == "K%C3%B6ln"
    assert to_header('50 % "a"') == "50%20%25%20%22a%22"
    assert to_header("area:K(ö)ln/x~!") == "area:K(%C3%B6)ln/x~!"
    assert from_header("K%c3%b6ln") == "Köln"


def test_what_is_no_utf_8_is_an_error():
    with pytest.raises(UnicodeDecodeError):
        from_header("%ff")


def test_an_attribute_is_read_from_its_header():
    assert attribute({"ce-subject": "area:K%C3%B6ln"}, "subject") == "area:Köln"
    with pytest.raises(KeyError):
        attribute({}, "subject")


def test_subjects_and_streams_have_the_names_of_the_contract():
    """contracts §1."""
    type_ = "conference_scheduled.v1"
    expected = "siko.event.scheduler.conference_scheduled.v1.pp-koeln"
    assert event_subject("scheduler", type_, "pp-koeln") == expected
    assert command_subject("agenda", "submit_topic") == "siko.command.agenda.submit_topic"
    assert query_subject("reporting", "compliance") == "siko.query.reporting.compliance"
    assert [stream(service) for service in PRODUCERS] == [
        "SIKO_SCHEDULER",
        "SIKO_INVITATIONS",
        "SIKO_AGENDA",
    ]


@given(st.text(max_size=120))
def test_whatever_is_accepted_as_an_authority_is_one_token_of_a_subject(text):
    try:
        slug = TypeAdapter(Slug).validate_python(text)
    except ValidationError:
        return
    assert event_subject("scheduler", "recorded.v1", slug).count(".") == 5
    assert not set(slug) & set(" .*>\r\n\t")


@pytest.mark.parametrize(
    "wrong", ["", "a.b", "a*", "a>", "a@1", "a\n", "\x00", " a", "/a", "x" * 201]
)
def test_an_id_holds_nothing_that_would_break_a_subject_or_an_event_id(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(Id).validate_python(wrong)


@pytest.mark.parametrize("right", ["stadt-koeln", "area:Köln", "invitation:x:y", "a b", "Mülheim"])
def test_ids_are_text_in_any_language(right):
    assert TypeAdapter(Id).validate_python(right) == right


@pytest.mark.parametrize("wrong", ["", " ", "Köln.Süd", "a@b", "a/b", "a\n\x00"])
def test_an_area_is_part_of_ids_and_so_holds_no_such_character_either(wrong):
    with pytest.raises(ValidationError):
        TypeAdapter(Area).validate_python(wrong)
