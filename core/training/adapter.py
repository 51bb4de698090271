"""A low-rank adapter [1] on the linear layers of a Llama in PyTorch, and the GGUF file that llama.cpp loads it from.

[1] https://arxiv.org/abs/2106.09685 (Hu et al., LoRA)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

# The name of each adapted layer in transformers and in GGUF.
_LAYERS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


@dataclass(frozen=True, slots=True)
class LowRank:
    """What is added to one layer's weight: scale * up @ down. down: (rank, in), up: (out, rank); name: as in GGUF."""

    name: str
    down: Tensor
    up: Tensor


class Adapter:
    """Low-rank additions to the linear layers of a `transformers` Llama, whose own weights are frozen."""

    def __init__(self, model: Any, *, rank: int, alpha: float, dropout: float = 0.0, first_block: int = 0) -> None:
        """Hook into the model's layers. alpha: the additions are scaled by alpha / rank.

        first_block: blocks before this one stay as they are, and no gradient is computed for them.
        """
        import torch

        self.rank = rank
        self.alpha = alpha
        self.heads: int = model.config.num_attention_heads
        self.key_heads: int = model.config.num_key_value_heads
        self.layers: list[LowRank] = []
        model.requires_grad_(False)
        for number, block in enumerate(model.model.layers):
            if number < first_block:
                continue
            for path, name in _LAYERS.items():
                linear = block.get_submodule(path)
                down = torch.empty(rank, linear.in_features)
                torch.nn.init.kaiming_uniform_(down, a=math.sqrt(5))
                low = LowRank(
                    f"blk.{number}.{name}.weight",
                    down.requires_grad_(True),
                    torch.zeros(linear.out_features, rank).requires_grad_(True),
                )
                linear.register_forward_hook(self._adding(low, dropout))
                self.layers.append(low)

    def parameters(self) -> Iterator[Tensor]:
        """Yield what is trained."""
        for low in self.layers:
            yield low.down
            yield low.up

    def save(self, path: Path, *, architecture: str = "llama") -> None:
        """Write the adapter in half precision as a GGUF file."""
        from gguf import GGUFWriter

        writer = GGUFWriter(path, architecture)
        writer.add_type("adapter")
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", self.alpha)
        for low in self.layers:
            up = low.up.detach().float().numpy()
            if ".attn_q." in low.name:
                up = _permuted(up, self.heads)
            if ".attn_k." in low.name:
                up = _permuted(up, self.key_heads)
            writer.add_tensor(f"{low.name}.lora_a", low.down.detach().float().numpy().astype(np.float16))
            writer.add_tensor(f"{low.name}.lora_b", up.astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()

    def _adding(self, low: LowRank, dropout: float) -> Any:
        from torch.nn import functional

        scale = self.alpha / self.rank

        def add(linear: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            given = functional.dropout(inputs[0], dropout, training=dropout > 0 and linear.training)
            return output + scale * functional.linear(
                functional.linear(given, low.down.to(output.dtype)), low.up.to(output.dtype)
            )

        return add


def _permuted(up: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Order the rows as llama.cpp rotates them: within a head the two halves alternate."""
    rows, rank = up.shape
    return up.reshape(heads, 2, rows // heads // 2, rank).swapaxes(1, 2).reshape(rows, rank)
