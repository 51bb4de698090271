"""Owns a run of an evaluation: what it was made with and how each item went, and its form as a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from pydantic import TypeAdapter

from core.errors import ConfigurationError
from core.evaluation.questions import validated
from core.evaluation.report import report_json, report_on
from core.evaluation.results import ItemResult


@dataclass(frozen=True, slots=True)
class AskedSet:
    """A question set of a run and the documents that it was asked over.

    chunking: version of the way chunks are cut. fingerprint: hexadecimal digits that change with the documents.
    """

    name: str
    items: int
    documents: int
    chunks: int
    chunking: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class EvaluationRun:
    """One evaluation. started_at: ISO 8601. settings: by their names in the environment, no secrets.

    versions: of Docent and the packages under it, and fingerprints of its code and prompts.
    """

    name: str
    started_at: str
    settings: Mapping[str, str]
    versions: Mapping[str, str]
    sets: tuple[AskedSet, ...]
    items: tuple[ItemResult, ...]
    format: Literal[1] = 1

    def asked(self) -> dict[tuple[str, str], str]:
        """Give the fingerprint of each item by set and id."""
        return {one.key: one.item for one in self.items}

    def made_with(self) -> dict[str, str]:
        """Give settings, versions and documents as one flat mapping, for telling two runs apart."""
        sets = {
            f"documents of {one.name}": f"{one.documents} in {one.chunks} chunks "
            f"(chunking {one.chunking}, {one.fingerprint})"
            for one in self.sets
        }
        return {**self.settings, **self.versions, **sets}


_RUN = TypeAdapter(EvaluationRun)


def run_json(run: EvaluationRun) -> str:
    """Write a run as JSON; the figures go with it for people, they are computed anew from the items when it is read."""
    told = {name: value for name, value in asdict(run).items() if name != "items"}
    body = {**told, "figures": report_json(report_on(run.items)), "items": [asdict(one) for one in run.items]}
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def parse_run(text: str, where: str) -> EvaluationRun:
    """Read a run; where: the name for error messages. Raises ConfigurationError when it is none."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{where} is not JSON ({error}); give a file that `docent eval SET` saved.") from None
    return validated(_RUN, value, f"{where} is no saved evaluation")
