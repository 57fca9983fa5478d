"""Contacts from a CSV file: every faulty line is named before anything is sent, and no value is repeated."""

from pathlib import Path
from typing import Any

import pytest
from siko.csv_form import PLAIN, Encoding, Form, Separator
from siko.import_contacts import VALUES, _contacts, import_contacts
from siko.import_nrw.tables import Faults
from siko.output import Failure, Output

HEADER = "body_id,email,postal_address,salutation,name"
ADDRESS = '"Am Justizzentrum 1\n50939 Köln"'
GOOD = f"ag-koeln,direktion@ag-koeln.example,{ADDRESS},Sehr geehrte Damen und Herren,\n"


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def written(*lines: str, header: str = HEADER, encoding: str = "utf-8") -> Path:
        file = tmp_path / "contacts.csv"
        file.write_bytes("".join((f"{header}\n", *lines)).encode(encoding))
        return file

    return written


def contacts(file: Path, form: Form = PLAIN) -> list[dict[str, Any]]:
    faults = Faults()
    read = [contact.command for contact in _contacts(file, form, faults)]
    faults.raise_any()
    return [command.model_dump(include={"body_id", *VALUES}) for command in read]


def faults_of(file: Path, form: Form = PLAIN) -> dict[str, str]:
    """Of an import that never comes to ask a system: there is none."""
    with pytest.raises(Failure) as failed:
        import_contacts(file, False, Output.TABLE, None, form)
    assert failed.value.code == "InvalidInput"
    return {where.rpartition(":")[2]: reason for where, reason in failed.value.details.items()}


AG_KOELN = {
    "body_id": "ag-koeln",
    "email": "direktion@ag-koeln.example",
    "postal_address": ("Am Justizzentrum 1", "50939 Köln"),
    "salutation": "Sehr geehrte Damen und Herren",
    "name": None,
}


@pytest.mark.parametrize(
    ("encoding", "form"),
    [
        ("utf-8", PLAIN),
        ("utf-8-sig", PLAIN),
        ("windows-1252", Form(Separator.COMMA, Encoding.WINDOWS_1252)),
        ("windows-1252", Form(Separator.SEMICOLON, Encoding.WINDOWS_1252)),
        ("utf-8-sig", Form(Separator.SEMICOLON, Encoding.UTF_8)),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_is_read_as_excel_writes_it_with_line_breaks_in_quotes(
    write: Any, encoding: str, form: Form, line_end: str
) -> None:
    separator = form.separator.character
    lines = [text.replace(",", separator).replace("\n", line_end) for text in (HEADER + "\n", GOOD)]
    file = write(encoding=encoding)
    file.write_bytes("".join(lines).encode(encoding))
    assert contacts(file, form) == [AG_KOELN]


def test_a_file_that_is_written_otherwise_says_the_option_it_takes(write: Any) -> None:
    assert "--encoding windows-1252" in faults_of(write(GOOD, encoding="windows-1252"))["3"]
    declared = Form(Separator.COMMA, Encoding.WINDOWS_1252)
    assert "leave out --encoding" in faults_of(write(GOOD), declared)["1"]
    semicolons = write(GOOD.replace(",", ";"), header=HEADER.replace(",", ";"))
    assert "--separator semicolon" in faults_of(semicolons)["1"]
    assert "UTF-16" in faults_of(write(GOOD, encoding="utf-16"))["1"]


def test_every_faulty_line_is_named_and_no_value_is_repeated(write: Any) -> None:
    """I12, I13: what is no address, and line breaks where no line may break."""
    file = write(
        GOOD,
        "lg-koeln,sekretariat@,,,\n",
        'olg-koeln,"a@b.example\nBcc: evil@e.example",,,\n',
        "sta-koeln,,,Sehr geehrte,\n",
        "AG Bonn,post@ag-bonn.example,,,\n",
        "ag-koeln,direktion@ag-koeln.example,,,\n",
        'hza-koeln,post@hza.example,,,"Muster\nBcc: x"\n',
        "zfa-essen,post@zfa.example,,\n",
    )
    told = faults_of(file)
    assert list(told) == ["4", "5", "7", "8", "9", "10", "12"]
    assert told["4"] == "email: is no address"
    assert told["5"] == "email: holds a control character"
    assert told["7"] == "email: neither an e-mail nor a postal address"
    assert told["8"].startswith("body_id: ")
    assert told["9"] == "body_id: stands in line 2 already"
    assert told["10"] == "name: holds a control character"
    assert told["12"] == "has 4 values, the header 5"
    shown = " ".join(told.values())
    for value in ("sekretariat", "evil", "Bcc", "ag-bonn.example", "Muster"):
        assert value not in shown


@pytest.mark.parametrize(
    "email",
    [
        "sekretariat",
        "@x.example",
        "a b@x.example",
        "a@x.example, b@x.example",
        "<a@x.example>",
        "a@",
    ],
)
def test_what_is_no_address_is_refused(write: Any, email: str) -> None:
    assert faults_of(write(f'lg-koeln,"{email}",,,\n')) == {"2": "email: is no address"}


@pytest.mark.parametrize("email", ["post@lg-koeln.nrw.example", "o'brien+siko@x.example"])
def test_an_address_is_taken_as_it_is(write: Any, email: str) -> None:
    assert contacts(write(f"lg-koeln,{email},,,\n"))[0]["email"] == email


def test_a_column_that_is_missing_or_unknown_is_named(write: Any) -> None:
    file = write(header="body_id,email,address,salutation,name")
    assert "postal_address: column is missing" in faults_of(file)["1"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in faults_of(tmp_path / "contacts.csv")["1"]
