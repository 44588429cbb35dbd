"""What a browser may do with an answer of ours: Content-Security-Policy, and what goes with it.

No page has a script or a handler of its own in it: scripts are files of ours, so none needs a nonce, and one that
somebody smuggles in does not run. Pages of the admin let expressions be evaluated, because Alpine, which unfold is made
of, is written in attributes; the till, the forms for printing and the description of the API do not. Styles may stand
in elements, as unfold and Swagger put them there. Whatever is not a page may do nothing at all.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"
FEATURES = "camera=(), geolocation=(), microphone=(), payment=(), serial=(), usb=()"
NOT_A_PAGE = "default-src 'none'; frame-ancestors 'none'"
_PAGE = (
    "default-src 'none'; script-src 'self'{evaluation}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'{origin}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE = _PAGE.format(evaluation="", origin="")
ADMIN = _PAGE.format(evaluation=" 'unsafe-eval'", origin="")
_TILL = "till-page"
_PRINTED = "_print_document"


def add_to(response: HttpResponseBase, request: HttpRequest) -> None:
    """Say on an answer what a browser may do with it, unless a view has said so itself."""
    headers = response.headers
    if not headers.get("Content-Type", "").startswith("text/html"):
        headers.setdefault(HEADER, NOT_A_PAGE)
        return
    headers.setdefault(HEADER, _of_page(request))
    headers.setdefault("Permissions-Policy", FEATURES)


def _of_page(request: HttpRequest) -> str:
    name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    if name == _TILL:
        return _of_till(settings.WAIT_URL)
    is_admin = request.path_info.startswith("/admin/") and not name.endswith(_PRINTED)
    return ADMIN if is_admin else PAGE


@lru_cache(maxsize=8)
def _of_till(wait_url: str) -> str:
    """Return what the till may do: it waits for stock at the address that registers do."""
    told = urlsplit(wait_url)
    return _PAGE.format(evaluation="", origin=f" {told.scheme}://{told.netloc}" if told.netloc else "")
