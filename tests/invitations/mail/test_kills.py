"""The sender is killed (kill -9) while letters go out; the thirty moments are in the slow tests."""

from pathlib import Path

from .killing import kill_while_sending


def test_a_sender_that_is_killed_sends_each_letter_and_never_two_different_ones(tmp_path: Path):
    kill_while_sending(tmp_path, letters=20, kills=3, seed=1)
