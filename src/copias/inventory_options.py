"""The keys of ``copias.yml`` that only Ansible's inventory plugin uses: which accounts become hosts, and its cache."""

from __future__ import annotations

import typing as t

from pydantic import BaseModel, ConfigDict, Field

Grouping: t.TypeAlias = t.Literal["department", "org_unit"]


class InventoryOptions(BaseModel):
    """Which accounts of the Directory are hosts, and for how long that is remembered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    directory: bool = True
    """Make a host of each account of the Directory; not without ``mailboxes``, which names the administrator."""
    account_filter: str = ""
    """A search in the Directory's language, ``orgUnitPath='/Secretaría de Hacienda'``; empty is everybody."""
    account_groups: tuple[Grouping, ...] = ("department",)
    cache: bool | None = None
    cache_plugin: str | None = None
    cache_timeout: int | None = Field(default=None, ge=0)
    """Seconds for which the Directory is not asked again."""
    cache_connection: str | None = None
    cache_prefix: str | None = None

    def cache_options(self) -> dict[str, t.Any]:
        """Return what the file says of the cache; what it leaves out is Ansible's own default."""
        names = ("cache", "cache_plugin", "cache_timeout", "cache_connection", "cache_prefix")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}
