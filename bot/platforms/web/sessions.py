"""Signing in to the page: passwords, and the sessions that they begin."""

from __future__ import annotations

import hashlib
import secrets

from pydantic import SecretStr

from bot.platforms.web.security import Role, is_loopback, same, suffices
from bot.settings import BotSettings
from core.storage.database import Database
from core.storage.web_session_store import WebSessionStore

VARIABLES: dict[Role, str] = {"member": "WEB_PASSWORD", "admin": "WEB_ADMIN_PASSWORD"}


class Sessions:
    """Who is signed in, as whom, and by which passwords one gets there.

    A session is known by a digest of its token and the password that began it: with another password it is over.
    """

    def __init__(self, database: Database, settings: BotSettings) -> None:
        self._store = WebSessionStore(database)
        given: dict[Role, SecretStr | None] = {"member": settings.web_password, "admin": settings.web_admin_password}
        self._passwords = {role: password.get_secret_value() for role, password in given.items() if password}
        # Who sits at this machine may do everything, unless a password says otherwise.
        self.is_open = is_loopback(settings.web_host) and not self._passwords

    def can_reach(self, needed: Role) -> bool:
        """Tell whether there is a password that lets someone in who needs this role."""
        return any(suffices(role, needed) for role in self._passwords)

    def has_password(self, role: Role) -> bool:
        """Tell whether a role has a password of its own."""
        return role in self._passwords

    async def begin(self, password: str) -> tuple[str, Role] | None:
        """Give the token of a new session and its role; None for a wrong password. Raises StoreError."""
        # Every password is compared, whichever fits.
        fitting = [role for role, expected in self._passwords.items() if same(expected, password)]
        if not fitting:
            return None
        role: Role = "admin" if "admin" in fitting else "member"
        token = secrets.token_urlsafe(32)
        await self._store.add(_digest(token, self._passwords[role]), role)
        return token, role

    async def role(self, token: str) -> Role | None:
        """Give the role that a token stands for, None when it stands for none (any more). Raises StoreError."""
        if not token or not self._passwords:
            return None
        role = await self._store.role(self._digests(token))
        return "admin" if role == "admin" else "member" if role == "member" else None

    async def end(self, token: str) -> None:
        """Sign out. Raises StoreError."""
        await self._store.remove(self._digests(token))

    def _digests(self, token: str) -> list[str]:
        return [_digest(token, password) for password in self._passwords.values()]


def _digest(token: str, password: str) -> str:
    return hashlib.sha256(f"{token}\0{password}".encode("utf-8", "surrogatepass")).hexdigest()
