"""A run is kept as a file and read again."""

import json

import pytest

from core.errors import ConfigurationError
from core.evaluation.run import parse_run, run_json
from tests.unit.evaluation_builders import result, run_of

RUN = run_of([result(1, unsupported=("Forty days [1].",)), result(2, answerable=False)], CHAT_MODEL="none")


def test_a_run_is_read_as_it_was_written() -> None:
    assert parse_run(run_json(RUN), "run.json") == RUN


def test_the_file_has_the_figures_for_people() -> None:
    told = json.loads(run_json(RUN))
    assert told["figures"]["overall"] == 1.0
    assert told["settings"] == {"CHAT_MODEL": "none"}
    assert told["items"][0]["unsupported"] == ["Forty days [1]."]


def test_a_run_tells_what_it_was_made_with() -> None:
    assert RUN.made_with() == {
        "CHAT_MODEL": "none",
        "docent": "1.0",
        "documents of dev": "16 in 114 chunks (chunking 1, abc)",
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", r"run\.json is not JSON .*; give a file that `docent eval SET` saved\."),
        ("[]", r"run\.json is no saved evaluation"),
        ("{}", r"run\.json is no saved evaluation: name: Field required"),
        (run_json(RUN).replace('"format": 1', '"format": 2'), r"run\.json is no saved evaluation: format: .* 1"),
    ],
)
def test_what_is_no_run_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        parse_run(text, "run.json")
