"""The page on imports names the columns and the words that the import takes."""

import re

from siko.csv_form import Encoding, Separator
from siko.import_nrw.bodies import AREA_COLUMNS, CATEGORIES, MOTORWAY_COLUMNS, ROUTES
from siko.import_nrw.plan import AREAS_COLUMNS, AUTHORITY_COLUMNS, DISTRICTS, KINDS

from tests.docs.pages import INLINE, ROOT, prose

PAGE = "docs/importing.md"
ROW = re.compile(r"^\| (`[^|]+`) \| (.*) \|$", re.MULTILINE)


def sections() -> dict[str, str]:
    """Heading of the third level -> what stands below it."""
    text = re.split(r"^#+ ", prose(PAGE), flags=re.MULTILINE)
    return {part.partition("\n")[0]: part.partition("\n")[2] for part in text}


def rows(section: str) -> dict[str, str]:
    """Column -> what is said of it."""
    return {
        column: said
        for columns, said in ROW.findall(sections()[section])
        for column in INLINE.findall(columns)
    }


def test_each_file_is_described_with_its_columns():
    assert set(rows("authorities.csv")) == set(AUTHORITY_COLUMNS)
    assert set(rows("areas.csv")) == set(AREAS_COLUMNS)
    assert set(rows("bodies-NAME.csv")) == set(AREA_COLUMNS)
    assert set(MOTORWAY_COLUMNS) <= set(INLINE.findall(sections()["bodies-siko-ap-NAME.csv"]))


def test_every_word_that_a_column_takes_is_named():
    authorities, bodies = rows("authorities.csv"), rows("bodies-NAME.csv")
    assert INLINE.findall(authorities["kind"]) == list(KINDS)
    assert INLINE.findall(authorities["district"]) == list(DISTRICTS)
    words = INLINE.findall(bodies["category"].partition(";")[0])
    assert words == list(CATEGORIES)
    assert INLINE.findall(bodies["route"].partition(";")[0]) == list(ROUTES)


def test_every_option_is_named_with_its_words():
    text = (ROOT / PAGE).read_text("utf-8").lower()
    assert all(word in text for word in ("--separator", "--encoding", *Separator, *Encoding))
