"""Access to Google's APIs: one way to a token, one to a service, one retry layer.

Names are loaded at their first use: the settings bring pydantic, a service brings Google's client libraries.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from copias.google.settings import GoogleSettings

__all__ = ["GoogleSettings"]


def __getattr__(name: str) -> t.Any:
    if name == "GoogleSettings":
        from copias.google.settings import GoogleSettings

        return GoogleSettings
    raise AttributeError(name)
