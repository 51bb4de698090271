"""Splits a stream of server-sent events into the data that they carry, however the bytes arrive.

The format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

FIELDS = {"", "event", "id", "retry"}  # beside data; "" begins a comment, which servers send to keep a connection


class EventReader:
    """Collects bytes until lines are complete. Each `data:` line is an event, as model servers send them.

    other: the text of all lines that are no server-sent events, in case the server answers with something else.
    """

    def __init__(self) -> None:
        self.other = ""
        self._unfinished = b""

    def feed(self, data: bytes) -> list[str]:
        """Give the data of the events that these bytes complete."""
        *lines, self._unfinished = (self._unfinished + data).split(b"\n")
        events = []
        for line in lines:
            text = line.decode("utf-8", errors="replace").rstrip("\r")
            field, _, value = text.partition(":")
            if field == "data":
                events.append(value.strip())
            elif field not in FIELDS:
                self.other += text + "\n"
        return events

    def flush(self) -> list[str]:
        """Give the data of a last line that the stream left without its end."""
        return self.feed(b"\n")
