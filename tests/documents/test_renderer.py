"""The process that lays out: there when needed, gone when idle, and what goes wrong in it ends it alone."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from siko_documents import renderer as renderer_module
from siko_documents import rendering
from siko_documents.renderer import Renderer, RenderingFailed

from .examples import INVITATION

PAGE = INVITATION.page()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_the_process_starts_when_needed_and_serves_again():
    with Renderer() as renderer:
        assert renderer.pid is None
        first = renderer.render("letter", PAGE)
        pid = renderer.pid
        assert pid is not None
        assert renderer.render("letter", PAGE) == first
        assert renderer.pid == pid
    assert not lives(pid)


def test_the_process_ends_when_idle_and_starts_again_when_needed():
    with Renderer(idle_s=0.2) as renderer:
        first = renderer.render("letter", PAGE)
        pid = renderer.pid
        assert pid is not None
        wait_until(lambda: renderer.pid is None)
        assert not lives(pid)
        assert renderer.render("letter", PAGE) == first


def test_a_killed_process_is_replaced():
    with Renderer() as renderer:
        first = renderer.render("letter", PAGE)
        assert renderer.pid is not None
        os.kill(renderer.pid, signal.SIGKILL)
        wait_until(lambda: renderer._process is not None and renderer._process.poll() is not None)
        assert renderer.render("letter", PAGE) == first


def test_a_document_that_takes_too_long_fails_and_the_next_one_does_not():
    with Renderer(limit_s=0.001) as renderer, pytest.raises(RenderingFailed, match="too long"):
        renderer.render("letter", PAGE)
    assert renderer.pid is None
    renderer._limit_s = 30
    with renderer:
        assert renderer.render("letter", PAGE)[:5] == b"%PDF-"


def test_an_interrupted_document_leaves_no_answer_to_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
):
    other = PAGE.model_copy(update={"title": "Another one"})

    def interrupted(_: object) -> bytes:
        raise KeyboardInterrupt

    with Renderer() as renderer:
        right = renderer.render("letter", other)
        with monkeypatch.context() as patched:
            patched.setattr(renderer_module, "read", interrupted)
            with pytest.raises(KeyboardInterrupt):
                renderer.render("letter", PAGE)
        assert renderer.render("letter", other) == right


def test_the_process_ends_when_its_caller_is_killed():
    code = (
        "import sys, time; from tests.documents.examples import INVITATION;"
        "from siko_documents.renderer import Renderer; renderer = Renderer();"
        "renderer.render('letter', INVITATION.page());"
        "print(renderer.pid, flush=True); time.sleep(60)"
    )
    caller = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert caller.stdout is not None
    pid = int(caller.stdout.readline())
    assert lives(pid)
    caller.kill()
    caller.communicate()
    wait_until(lambda: not lives(pid))


def test_several_threads_are_served():
    with Renderer() as renderer:
        made: list[bytes] = []
        threads = [
            threading.Thread(target=lambda: made.append(renderer.render("letter", PAGE)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 4
        assert len(set(made)) == 1


def test_typst_is_not_loaded_beside_the_caller():
    code = (
        "import sys, siko_documents.renderer, siko_documents.letters; print('typst' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a6_a_typeface_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """typst only warns, and takes another one or none."""
    monkeypatch.setattr(rendering, "FOLDER", tmp_path)
    rendering.typefaces.cache_clear()
    try:
        with pytest.raises(rendering.NotLaidOut, match="unknown font family"):
            rendering.laid_out("letter", PAGE.model_dump(mode="json"))
    finally:
        rendering.typefaces.cache_clear()


def test_what_typst_says_is_no_part_of_the_message_for_logs():
    of_another_template = PAGE
    with Renderer() as renderer, pytest.raises(RenderingFailed) as failed:
        renderer.render("attendance", of_another_template)
    assert str(failed.value) == "attendance: typst refuses it or warns"
    assert "facts" in failed.value.diagnosis
