"""How fast a model learns at each step: the rate rises evenly at first, then falls evenly to nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import LambdaLR


def schedule(optimiser: Optimizer, steps: int, warm_up: float) -> LambdaLR:
    """Give what sets the rates of an optimiser for a training of so many steps; its `step` follows the optimiser's.

    warm_up: the share of the steps in which the rates rise to those that the optimiser was made with.
    """
    from torch.optim.lr_scheduler import LambdaLR

    return LambdaLR(optimiser, partial(share_of_rate, steps=steps, warm_up=warm_up))


def share_of_rate(step: int, *, steps: int, warm_up: float) -> float:
    """Give the share of its full rate, 0 to 1, with which a step is taken; the first is step 0, after the last it is 0.

    warm_up: the share of the steps in which it rises: to 1 in the last of them, from there down to next to nothing.
    """
    warm = max(1, int(steps * warm_up))
    return min((step + 1) / warm, (steps - step) / max(1, steps - warm))
