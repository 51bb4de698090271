"""Whether PyTorch's own index of CPU builds can be reached, so that no set-up waits long for a network without it."""

from __future__ import annotations

import threading
import urllib.request

CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def answers(url: str, seconds: float) -> bool:
    """Tell whether `url` answers a request within `seconds`, looking up its name included."""
    answered = threading.Event()

    def ask() -> None:
        try:
            # The address is a constant of this project; HEAD, because the page itself is long.
            with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=seconds):  # noqa: S310
                answered.set()
        except (OSError, ValueError):
            return  # no network, no such name, refused, or not for us: all mean "use what pip finds"

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return answered.is_set()
