"""Cuts streamed text at the first stop string, holding back what might become one."""

from __future__ import annotations

from collections.abc import Sequence


class StopStrings:
    """Passes text on until a stop string appears; neither the stop string nor what follows comes out."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(string for string in stop if string)
        self._held = ""
        self.reached = False

    def feed(self, text: str) -> str:
        """Take the next piece of text and give all that is certainly not part of a stop string."""
        if self.reached:
            return ""
        self._held += text
        found = [position for string in self._stop if (position := self._held.find(string)) >= 0]
        if found:
            self.reached = True
            passed, self._held = self._held[: min(found)], ""
            return passed
        keep = max((self._overlap(string) for string in self._stop), default=0)
        passed = self._held[: len(self._held) - keep]
        self._held = self._held[len(passed) :]
        return passed

    def flush(self) -> str:
        """Give what was held back, once no more text will come."""
        passed, self._held = self._held, ""
        return passed

    def _overlap(self, string: str) -> int:
        """Give the length of the longest beginning of the stop string that the held text ends with."""
        longest = min(len(string) - 1, len(self._held))
        return next((length for length in range(longest, 0, -1) if self._held.endswith(string[:length])), 0)
