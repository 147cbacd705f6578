"""Archives as providers send them."""

from __future__ import annotations

import io
import zipfile


def make_zip(**files: bytes) -> bytes:
    """Return a zip of files by their names."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()
