"""``dlt-web explain-error`` and the table behind it, which the error reference is made of."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from dlt_web.error_codes import ERROR_CODES, ErrorCode, find_code
from dlt_web.errors import OptionError
from tests.docs.pages import ROOT


def explain_error(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dlt_web.cli", "explain-error", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_code_is_explained_in_whatever_case_it_is_written() -> None:
    done = explain_error("quota_Exhausted")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "QUOTA_EXHAUSTED (server, 403)"
    assert re.search(r"^  Means: no seat, or no scan, is left\.$", done.stdout, re.MULTILINE)
    assert re.search(r"^  Repair: .*--grace-percent", done.stdout, re.MULTILINE)


def test_without_a_code_all_are_explained() -> None:
    told = json.loads(explain_error("--json").stdout)
    assert [row["code"] for row in told] == [known.code for known in ERROR_CODES]
    assert set(told[0]) == {"code", "origin", "meaning", "repair"}


def test_an_unknown_code_is_one_sentence_and_bad_usage() -> None:
    done = explain_error("QUOTA")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Error: 'QUOTA' is no error code of dlt-web;")
    with pytest.raises(OptionError):
        find_code("QUOTA")


def test_a_code_says_each_status_that_the_server_answers_with_it() -> None:
    sources = "".join(path.read_text() for path in sorted((ROOT / "src/dlt_web/lts").glob("*.py")))
    answered = set(re.findall(r'Problem\(\s*(\d{3}),\s*"([A-Z_]+)"', sources))
    assert len(answered) > 10
    assert [(code, status) for status, code in answered if status not in find_code(code).origin] == []


@pytest.mark.parametrize("known", ERROR_CODES, ids=lambda known: known.code)
def test_each_code_says_who_tells_it_what_it_means_and_what_repairs_it(known: ErrorCode) -> None:
    assert re.fullmatch(
        r"tracker( on a host| or server, \d{3})?|server(, \d{3}( or \d{3})?|, in a report's result)?", known.origin
    )
    # A row of a table, hence no sentence; then whole sentences.
    assert not known.meaning.endswith(".")
    assert re.fullmatch(r"[A-Z`].+\.", known.repair)
    assert "|" not in known.meaning + known.repair
