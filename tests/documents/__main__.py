"""`make samples`: one of each document as PDF, and its pages as pictures, into docs/samples."""

from pathlib import Path

import pypdfium2
from siko_documents.renderer import Renderer

from tests.documents.examples import LETTERS, SHEET

SAMPLES = Path(__file__).parents[2] / "docs" / "samples"
DOTS_PER_INCH = 90


def main() -> None:
    with Renderer() as renderer:
        pdfs = {name: renderer.render("letter", each.page()) for name, each in LETTERS.items()}
        pdfs[SHEET.FILE_NAME] = renderer.render("attendance", SHEET.page())
    for name, pdf in pdfs.items():
        (SAMPLES / f"{name}.pdf").write_bytes(pdf)
        for number, page in enumerate(pypdfium2.PdfDocument(pdf), 1):
            picture = page.render(scale=DOTS_PER_INCH / 72, grayscale=True).to_pil()
            picture.quantize(16).save(SAMPLES / f"{name}-{number}.png", optimize=True)


if __name__ == "__main__":
    main()
