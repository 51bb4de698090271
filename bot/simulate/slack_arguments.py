"""The arguments of a Web API call, whether they came as JSON, as a form or in the query string."""

from __future__ import annotations

import json
from typing import Any

from bot.simulate.slack_errors import SlackMethodError, invalid_arguments


class Arguments:
    """Reads typed values; forms and queries bring everything as text, JSON bodies bring types."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        """Give a string. Raises invalid_arguments for another type: a `ts` sent as a number loses digits."""
        value = self.values.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid_arguments(f"must be a string [json-pointer:/{name}]")
        return value

    def required(self, name: str) -> str:
        """Give a string that must be there. Raises invalid_arguments."""
        value = self.text(name)
        if not value:
            raise invalid_arguments(f"missing required field: {name}")
        return value

    def flag(self, name: str) -> bool | None:
        """Give a boolean, or None where the call leaves it to Slack."""
        value = self.values.get(name)
        return None if value is None else str(value).lower() in ("1", "true")

    def number(self, name: str, default: int) -> int:
        """Give a whole number. Raises invalid_arguments for anything else."""
        value = self.values.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise invalid_arguments(f"must be an integer [json-pointer:/{name}]") from None

    def items(self, name: str, error: str) -> list[dict[str, Any]] | None:
        """Give a list of objects (or the JSON of one), None where it is absent. Raises `error` for anything else."""
        value = self._decoded(name, error)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise SlackMethodError(error)
        return value

    def mapping(self, name: str, error: str) -> dict[str, Any] | None:
        """Give an object (or the JSON of one), None where it is absent. Raises `error` for anything else."""
        value = self._decoded(name, error)
        if value is not None and not isinstance(value, dict):
            raise SlackMethodError(error)
        return value

    def _decoded(self, name: str, error: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise SlackMethodError(error) from None
