"""The bundled embedder: the short way without sentence-transformers, and the long way for other models."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.inference.bert import is_plain_bert
from core.inference.model_files import BUNDLED_EMBEDDER
from core.inference.sentence_transformers import SentenceTransformerEmbedder

pytestmark = pytest.mark.models

REPOSITORY = Path(__file__).parents[2]
TEXTS = [
    "The refund is paid within ten days of the request.",
    "Überstunden werden im nächsten Monat ausgezahlt — oder nicht?",
    "",
    "Travel costs | hotel | 120 EUR\n\n`pip install docent` 😀",
    "A very long text about travel costs. " * 80,
]


@pytest.fixture(scope="module")
def folder() -> Path:
    return BUNDLED_EMBEDDER.path.parent


def changed_copy(folder: Path, target: Path, file: str, **changes: object) -> Path:
    """Give a copy of a model's folder (of links, for the weights) with changes in one of its JSON files."""
    for path in folder.rglob("*"):
        copy = target / path.relative_to(folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            copy.symlink_to(path)
    content = json.loads((target / file).read_text()) | changes
    (target / file).unlink()
    (target / file).write_text(json.dumps(content))
    return target


@pytest.mark.parametrize(("has_bfloat16", "nearness"), [(False, 1 - 1e-6), (True, 0.9998)])
def test_the_short_way_gives_the_vectors_of_sentence_transformers(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_bfloat16: bool, nearness: float
) -> None:
    monkeypatch.setattr("core.inference.bert.multiplies_bfloat16", lambda: has_bfloat16)
    # A setting that changes nothing for this model (its tokenizer lower-cases anyway), but that the short way lacks.
    copy = changed_copy(folder, tmp_path, "sentence_bert_config.json", do_lower_case=True)
    assert is_plain_bert(folder)
    assert not is_plain_bert(copy)
    short, long = SentenceTransformerEmbedder(folder), SentenceTransformerEmbedder(copy)
    likeness = (short.embed(TEXTS) * long.embed(TEXTS)).sum(axis=1)
    assert (likeness > nearness).all()
    assert (likeness < 1 - 1e-6).any() == has_bfloat16, "the products were made as the CPU makes them fast"
    assert short.count_tokens(TEXTS) == long.count_tokens(TEXTS)
    assert (short.dimensions, short.max_tokens) == (long.dimensions, long.max_tokens) == (384, 256)
    assert long.embed(TEXTS).dtype == np.float32


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"model_type": "roberta"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}),
        ("config_sentence_transformers.json", {"default_prompt_name": "query"}),
    ],
)
def test_a_model_that_differs_in_anything_goes_the_long_way(
    folder: Path, tmp_path: Path, file: str, changes: dict[str, object]
) -> None:
    assert not is_plain_bert(changed_copy(folder, tmp_path, file, **changes))


def test_a_folder_without_a_model_goes_the_long_way_and_is_refused_in_one_line(tmp_path: Path) -> None:
    assert not is_plain_bert(tmp_path)
    with pytest.raises(ConfigurationError, match=r"EMBEDDER .* can't be loaded") as caught:
        SentenceTransformerEmbedder(tmp_path).embed(["text"])
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigurationError, match="EMBEDDER nobody/nothing can't be loaded") as caught:
        SentenceTransformerEmbedder("nobody/nothing").load()
    assert "\n" not in str(caught.value)


def test_damaged_weights_are_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    copy = changed_copy(folder, tmp_path, "config.json")
    (copy / "model.safetensors").unlink()
    (copy / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(ConfigurationError, match="can't be loaded") as caught:
        SentenceTransformerEmbedder(copy).embed(["text"])
    assert "\n" not in str(caught.value)


def test_tokens_are_counted_without_pytorch_and_vectors_made_without_transformers_or_network(folder: Path) -> None:
    script = """
import socket, sys

def refuse(*_):
    raise AssertionError("network")

socket.socket.connect = refuse
from core.inference.sentence_transformers import SentenceTransformerEmbedder
embedder = SentenceTransformerEmbedder(sys.argv[1])
assert not {"torch", "transformers", "tokenizers"} & sys.modules.keys()
assert embedder.dimensions == 384 and embedder.max_tokens == 256
assert embedder.count_tokens(["word " * 1000]) == [1002]
assert not {"torch", "transformers"} & sys.modules.keys()
assert embedder.embed(["text"]).shape == (1, 384)
assert not {"transformers", "sentence_transformers"} & sys.modules.keys()
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
