import json
from pathlib import Path

import numpy as np
import pytest

from core.errors import ConfigurationError
from core.inference.bert import BertNetwork, load_tokenizer
from core.inference.model_files import BUNDLED_EMBEDDER
from core.inference.reader import EvidenceReader, ReaderNetwork, load_reader_network
from core.ports import Passage
from core.training.examples import Group, Labelled
from core.training.reader import measure, train

FOLDER = BUNDLED_EMBEDDER.path.parent
WIDTH = 16


def small_network() -> ReaderNetwork:
    """A BERT of one narrow layer with random weights, over the bundled tokenizer's words."""
    import torch

    torch.manual_seed(1)
    linear = {
        "attention.self.query": (WIDTH, WIDTH),
        "attention.self.key": (WIDTH, WIDTH),
        "attention.self.value": (WIDTH, WIDTH),
        "attention.output.dense": (WIDTH, WIDTH),
        "intermediate.dense": (32, WIDTH),
        "output.dense": (WIDTH, 32),
    }
    weights = {
        "embeddings.word_embeddings.weight": torch.randn(30522, WIDTH) * 0.3,
        "embeddings.position_embeddings.weight": torch.randn(512, WIDTH) * 0.02,
        "embeddings.token_type_embeddings.weight": torch.randn(2, WIDTH) * 0.02,
    }
    for name, shape in linear.items():
        weights[f"encoder.layer.0.{name}.weight"] = torch.randn(shape) * 0.1
        weights[f"encoder.layer.0.{name}.bias"] = torch.zeros(shape[0])
    norms = ("encoder.layer.0.attention.output", "encoder.layer.0.output", "embeddings")
    for norm in norms:
        weights[f"{norm}.LayerNorm.weight"] = torch.ones(WIDTH)
        weights[f"{norm}.LayerNorm.bias"] = torch.zeros(WIDTH)
    bert = BertNetwork(weights, layers=1, heads=2, epsilon=1e-12)
    head = torch.zeros(WIDTH + 1)
    head[-1] = -3.0
    return ReaderNetwork(bert, torch.zeros(2, WIDTH), head)


def taught() -> list[Group]:
    """Questions whose answers hold the word "answer"; the last one has none."""
    right = Labelled(Passage("A", (("", "Rain falls today."), ("", "The answer is here."))), {1: ("answer",)})
    wrong = Labelled(Passage("B", (("", "Rain falls today."), ("", "Nothing is told."))), {})
    return [Group("Where is it?", (right,), (wrong, wrong)), Group("Who knows?", (), (wrong, wrong, wrong))]


@pytest.mark.models
def test_training_learns_what_answers_and_when_nothing_does(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(FOLDER / "tokenizer.json")
    network = small_network()
    train(network, taught() * 4, {"held": taught()}, tokenizer, steps=80, seed=1, out=tmp_path, every=40, rate=1e-2)
    curve = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [line["step"] for line in curve] == [40, 80]
    assert curve[1]["loss"] < curve[0]["loss"]
    assert measure(network, taught(), tokenizer) == {"first_piece_right": 1.0, "auc": 1.0}


@pytest.mark.models
def test_what_was_saved_reads_as_it_did_and_leaves_the_shared_words_out(tmp_path: Path) -> None:
    from safetensors.torch import load_file

    from core.training.reader import fresh_network, save

    network = fresh_network(FOLDER)
    network.head[0] = 1.0
    save(network, tmp_path)
    stored = load_file(tmp_path / "reader.safetensors")
    assert "embeddings.word_embeddings.weight" not in stored
    loaded = load_reader_network(tmp_path, FOLDER)
    assert float(loaded.head[0]) == 1.0
    reading = EvidenceReader(tmp_path, FOLDER).read("What?", [Passage("Title", (("", "Some words."),))])
    assert np.isfinite(reading[0]).all()


def test_a_damaged_file_is_one_helpful_line(tmp_path: Path) -> None:
    (tmp_path / "reader.safetensors").write_bytes(b"no weights")
    with pytest.raises(ConfigurationError, match=r"reader in .* can't be loaded .*RERANKER=none"):
        load_reader_network(tmp_path, FOLDER)
