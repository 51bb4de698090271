"""What a request to the page may do: roles, needed roles by path, loopback names, origins, the CSRF token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from typing import Literal
from urllib.parse import urlsplit

from aiohttp import web

Role = Literal["admin", "member"]

# What a request carries once the guard has let it in. VISITOR: the secret of the browser's cookie.
ROLE = web.RequestKey[Role]("role")
VISITOR = web.RequestKey[str]("visitor")
IS_SIGNED_IN = web.RequestKey[bool]("is_signed_in")

_ADMINS_ONLY = ("/admin", "/why")
# Without a role: what it takes to sign in.
_FOR_ALL = ("/static", "/sign-in", "/sign-out")
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With "no-referrer" browsers would send "Origin: null" with the page's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def role_of(request: web.Request) -> Role | None:
    """Give as whom the sender of a request is let in; None on what everyone may see."""
    return request.get(ROLE)


def visitor_of(request: web.Request) -> str:
    """Give the name under which a browser's conversations are kept: a digest of the secret in its cookie."""
    return hashlib.sha256(b"docent visitor " + request[VISITOR].encode()).hexdigest()[:32]


def csrf_of(request: web.Request) -> str:
    """Give what each form of a browser has to send back; nobody can tell it who doesn't know the cookie's secret.

    It is another one each time, so that nothing can be learned from the size of compressed pages.
    """
    return _csrf(request[VISITOR], secrets.token_hex(8)) if VISITOR in request else ""


def is_csrf_token(request: web.Request, token: str) -> bool:
    """Tell whether a form came from one of our pages in the same browser."""
    return VISITOR in request and same(_csrf(request[VISITOR], token.partition(".")[0]), token)


def _csrf(secret: str, salt: str) -> str:
    return f"{salt}.{hashlib.sha256(f'docent csrf {salt} {secret}'.encode('utf-8', 'surrogatepass')).hexdigest()}"


def same(expected: str, given: str) -> bool:
    """Compare two secrets in a time that tells nothing of where, or whether, they differ."""
    digests = [hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest() for secret in (expected, given)]
    return hmac.compare_digest(*digests)


def needed_role(path: str) -> Role | None:
    """Give who may see a path; None for everyone."""
    if _is_under(path, _FOR_ALL):
        return None
    return "admin" if _is_under(path, _ADMINS_ONLY) else "member"


def suffices(role: Role | None, needed: Role) -> bool:
    """Tell whether a role may do what another one may: admins may do all."""
    return role == "admin" or role == needed


def is_loopback(host: str) -> bool:
    """Tell whether a host, a name or an address without port, can only be this machine."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def is_from_here(request: web.Request) -> bool:
    """Tell whether a request was made on this machine to this machine, by no name that somebody else gave it."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    except ValueError:
        return False
    return is_loopback(host or "")


def is_same_origin(request: web.Request) -> bool:
    """Tell whether one of our own pages sent a request, as far as the browser says who did."""
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")
    try:
        return urlsplit(origin).netloc == request.headers.get("Host", "")
    except ValueError:
        return False


def is_https(request: web.Request) -> bool:
    """Tell whether the browser speaks HTTPS, to us or to a proxy before us."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


def own_path(target: str) -> str:
    """Give a path of ours to go to, "/" for whatever else was asked for."""
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if is_ours else "/"


def _is_under(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
