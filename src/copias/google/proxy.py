"""The environment's proxy, looked up once for a session: aiohttp would for each request, at the price of reading it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from urllib.request import getproxies, proxy_bypass

from yarl import URL

_GOOGLE: t.Final = "www.googleapis.com"


@dataclass(frozen=True)
class EnvironmentProxy:
    """Which proxy to use.

    Args:
        address: of the proxy for ``https://``; ``None`` is no proxy.
    """

    address: URL | None = None

    @classmethod
    def read(cls) -> t.Self:
        """Read ``HTTPS_PROXY`` and ``NO_PROXY``, as they are for Google."""
        address = getproxies().get("https")
        return cls(URL(address)) if address and not proxy_bypass(_GOOGLE) else cls()

    def of(self, url: str | URL) -> URL | None:
        """Return the proxy for an address; none for ``http://``, which is this machine only."""
        return self.address if URL(url).scheme == "https" else None
