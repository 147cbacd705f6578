"""The list of messages of a package is read line by line, whatever somebody put in its place."""

from __future__ import annotations

import io

import pytest

from copias.errors import Altered
from copias.package.mailbox_index import HEADER, read_index


def test_line_without_an_end_is_refused_before_it_is_in_memory() -> None:
    head = ";".join(HEADER).encode("utf-8-sig") + b"\r\n"
    stream = io.BytesIO(head + b"x" * (9 << 20))

    with pytest.raises(Altered, match="línea"):
        list(read_index(stream))

    assert stream.tell() < 6 << 20
