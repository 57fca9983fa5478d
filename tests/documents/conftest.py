"""One process that lays out all documents of a test module, and PDFs as others read them."""

from collections.abc import Callable, Iterator

import pytest
from siko_documents.attendance import AttendanceSheet
from siko_documents.letters import Letter
from siko_documents.renderer import Renderer

from .examples import LETTERS, SHEET

DOCUMENTS: dict[str, Letter | AttendanceSheet] = {**LETTERS, SHEET.FILE_NAME: SHEET}


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture(scope="session")
def rendered(renderer: Renderer) -> Callable[[Letter | AttendanceSheet], bytes]:
    def made(document: Letter | AttendanceSheet) -> bytes:
        if isinstance(document, AttendanceSheet):
            return renderer.render("attendance", document.page())
        return renderer.render("letter", document.page())

    return made


@pytest.fixture(scope="session")
def pdfs(rendered: Callable[[Letter | AttendanceSheet], bytes]) -> dict[str, bytes]:
    """One of each kind of document, by its file name."""
    return {name: rendered(document) for name, document in DOCUMENTS.items()}
