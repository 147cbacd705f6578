"""Writes ``manifest.schema.json`` anew: ``python -m copias.package.schema``."""

from __future__ import annotations

import json
from pathlib import Path

from copias.package.manifest import json_schema

PATH = Path(__file__).with_name("manifest.schema.json")


def schema_text() -> str:
    """Return the content that the committed file must have."""
    return json.dumps(json_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(schema_text(), encoding="utf-8")
