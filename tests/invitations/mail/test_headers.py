"""What is written into a header is what is read out of it, whatever its length."""

from datetime import date, timedelta
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siko_documents.german import day
from siko_invitations.mail.headers import POLICY

DAYS = [day(date(2028, 1, 1) + timedelta(number)) for number in range(366)]
SUBJECTS = [
    "Absage der Sicherheitskonferenz am {} – keine Antwort nötig",
    "Verschiebung der Siko-AP am {} – neue Einladung folgt",
    "Rücknahme der Einladung zur Sicherheitskonferenz am {} – keine Antwort nötig",
    "Einladung zur Sicherheitskonferenz am {0} – Antwort bis {0} erbeten",
    "Erinnerung an die Sicherheitskonferenz am {0} – Antwort bis {0} erbeten",
]
NAMES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=120).map(str.strip)


def read_again(**headers: object) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Text")
    raw = message.as_bytes()
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) < 400
    read = message_from_bytes(raw, policy=default)
    assert isinstance(read, EmailMessage)
    return read


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_subject_is_read_as_it_was_written_on_every_day_of_a_year(subject: str):
    for on in DAYS:
        written = subject.format(on)
        assert read_again(Subject=written)["Subject"] == written


@given(NAMES.filter(lambda name: "=?" not in name))
def test_f7_a_name_makes_neither_a_second_address_nor_another_header(name: str):
    read = read_again(To=Address(name, addr_spec="poststelle@ag-koeln.example"))
    (only,) = read["To"].addresses
    assert only.addr_spec == "poststelle@ag-koeln.example"
    assert sorted(read.keys()) == [
        "Content-Transfer-Encoding",
        "Content-Type",
        "MIME-Version",
        "To",
    ]


@pytest.mark.parametrize(
    "name",
    [
        'Müller, "Ünal"; Söhne <x@y.example>' + ", Ämter" * 30,
        "Amtsgericht, Außenstelle " * 10 + "Köln, Nord",
        "Plain Name, with a comma",
    ],
)
def test_f7_long_names_with_commas_are_read_as_they_were_written(name: str):
    read = read_again(To=Address(name.strip(), addr_spec="a@b.example"))
    (only,) = read["To"].addresses
    assert only.addr_spec == "a@b.example"
    assert "".join(only.display_name.split()) == "".join(name.split())


def test_a_long_message_id_stays_in_one_piece():
    written = f"<correspondence.{'0' * 36}.{'stelle-' * 10}.3@pp-koeln.siko.internal>"
    assert read_again(Message_ID=written)["Message-ID"] == written
