"""Thirty kills at random moments while two hundred letters go out."""

from pathlib import Path

from .killing import kill_while_sending


def test_thirty_kills_lose_no_letter_and_make_no_second_one(tmp_path: Path):
    kill_while_sending(tmp_path, letters=200, kills=30, seed=20_270_330)
