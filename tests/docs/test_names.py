"""What the documentation mentions exists: pages, files, modules, commands, targets and settings."""

import importlib
import re

import pytest
from siko_core.settings import CLIENT_NAMES, PREFIX, Settings

from tests.docs.pages import HISTORY, ROOT, inline_code, links, pages
from tests.docs.test_commands import is_command

PATH = re.compile(r"^(?:\.\./)*(?:docs|shared|services|cli|deploy|tests|bench|locks)/[\w./@-]+$")
MODULE = re.compile(r"^siko_[a-z]+(?:\.\w+)+$")
SETTING = re.compile(r"\bSIKO_[A-Z_]+\b")
MAKE = re.compile(r"^make ([a-z]+)\b")
SIKO = re.compile(r"^siko ([a-z-]+(?: [a-z-]+)?)")
STREAM = re.compile(r"^SIKO_(SCHEDULER|INVITATIONS|AGENDA|SIGNOUTS|REPORTING)$")
TODAY = [page for page in pages() if page not in HISTORY]


@pytest.mark.parametrize("page", TODAY)
def test_every_link_leads_somewhere(page: str):
    for target in links(page):
        assert (ROOT / page).parent.joinpath(target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("page", TODAY)
def test_every_path_in_code_marks_exists(page: str):
    for code in inline_code(page):
        if PATH.match(code):
            near = ((ROOT / page).parent / code, ROOT / code)
            assert any(path.exists() for path in near), f"{page}: {code}"


@pytest.mark.parametrize("page", TODAY)
def test_every_module_and_its_member_exists(page: str):
    for code in inline_code(page):
        if MODULE.match(code):
            assert exists(code), f"{page}: {code}"


def exists(dotted: str) -> bool:
    """Whether a dotted name is a module or a member of one."""
    try:
        importlib.import_module(dotted)
    except ImportError:
        module, _, member = dotted.rpartition(".")
        try:
            return hasattr(importlib.import_module(module), member)
        except ImportError:
            return False
    return True


@pytest.mark.parametrize("page", TODAY)
def test_every_setting_is_known(page: str):
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | CLIENT_NAMES
    known |= {f"{name}_FILE" for name in known}
    for name in SETTING.findall((ROOT / page).read_text("utf-8")):
        assert name in known or STREAM.match(name) or name.endswith("_"), f"{page}: {name}"


@pytest.mark.parametrize("page", TODAY)
def test_every_command_in_code_marks_exists(page: str):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for code in inline_code(page):
        if target := MAKE.match(code):
            assert f"\n{target[1]}:" in makefile, f"{page}: {code}"
        if command := SIKO.match(code):
            assert is_command(command[1].split()), f"{page}: {code}"
