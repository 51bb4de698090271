"""Who may do what only admins may."""

from __future__ import annotations

from core.errors import ConfigurationError


class Admins:
    """Who is an admin: DOCENT_ADMINS, such as "slack:U123,discord:456", and managers where PLATFORM_ADMINS is on."""

    def __init__(self, setting: str, *, managers: bool = False) -> None:
        """managers: those who manage a workspace are admins too. Raises ConfigurationError for a wrong list."""
        self._names = frozenset(name.strip() for name in setting.split(",") if name.strip())
        self._managers = managers
        wrong = sorted(name for name in self._names if not all(name.partition(":")[::2]))
        if wrong:
            raise ConfigurationError(f"DOCENT_ADMINS has {wrong[0]!r}; write platform:user, such as slack:U123.")

    @property
    def names(self) -> tuple[str, ...]:
        """Those whom DOCENT_ADMINS names, such as slack:U123, in order."""
        return tuple(sorted(self._names))

    def include(self, platform: str, user: str, *, manages: bool = False) -> bool:
        """Tell whether a platform's user is an admin. manages: the platform says that they manage the workspace."""
        return f"{platform}:{user}" in self._names or (manages and self._managers)
