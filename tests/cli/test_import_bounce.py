"""`siko import bounce` without a system: what is no report is refused before anything is sent."""

from pathlib import Path

import pytest
from siko.import_bounce import import_bounce
from siko.output import Failure, Output
from siko_contracts.exit_codes import REFUSED, WRONG_USAGE


def test_what_is_no_report_is_refused_with_its_reason(tmp_path: Path):
    file = tmp_path / "report.eml"
    file.write_text("Subject: Abwesend\n\nIch bin nicht da.\n")
    with pytest.raises(Failure) as refused:
        import_bounce(str(file), Output.TABLE, None)
    assert (refused.value.exit_code, refused.value.code) == (REFUSED, "BounceRefused")
    assert refused.value.details == {"reason": "no_report"}


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path):
    with pytest.raises(Failure) as refused:
        import_bounce(str(tmp_path / "none.eml"), Output.TABLE, None)
    assert refused.value.exit_code == WRONG_USAGE
