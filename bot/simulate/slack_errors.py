"""How the simulated Slack says no: an error code in the body, now and then with an HTTP status of its own."""

from __future__ import annotations

from typing import Any


class SlackMethodError(Exception):
    """A Web API call that Slack refuses.

    error: Slack's code ("channel_not_found"). status: HTTP status, 200 for most refusals.
    retry_after: whole seconds of the Retry-After header, or None. details: further fields of the body.
    """

    def __init__(self, error: str, *, status: int = 200, retry_after: int | None = None, **details: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.retry_after = retry_after
        self.details = details

    @property
    def body(self) -> dict[str, Any]:
        """The JSON that Slack answers with."""
        return {"ok": False, "error": self.error, **self.details}


def invalid_arguments(*messages: str) -> SlackMethodError:
    """Give the error for arguments that are missing or of the wrong type, with Slack's way of naming them."""
    return SlackMethodError(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}" for message in messages]}
    )
