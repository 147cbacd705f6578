"""What the system says in English is read in Spanish, and a mistyped name is met with the one that was meant."""

from __future__ import annotations

import errno
import os

import pytest

from copias.errors import BackupError
from copias.nearest import suggest
from copias.system_errors import in_spanish


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (str(FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/x")), "no existe: '/x'"),
        (os.strerror(errno.ENOSPC), "no queda espacio en el disco"),
        ("nas: Stale file handle", "nas: la NAS cambió desde que se montó; hay que montarla otra vez"),
        ("la base No such file or directory de prueba", "la base No such file or directory de prueba"),
        ("", ""),
    ],
)
def test_words_of_the_system_are_read_in_spanish(said: str, read: str) -> None:
    assert in_spanish(said) == read


def test_error_keeps_the_words_for_programs_and_shows_the_spanish_ones() -> None:
    error = BackupError("no se pudo leer", whose="nas", why="Permission denied")

    assert error.why == "Permission denied"
    assert error.facts()["why"] == "esta cuenta no tiene permiso"
    assert "esta cuenta no tiene permiso" in str(error)


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("nas_noche", "¿quiso decir «nas_noches»? Si no, vea la lista"),
        ("NAS_NOCHES", "¿quiso decir «nas_noches»? Si no, vea la lista"),
        ("otra cosa", "vea la lista"),
        ("", "vea la lista"),
    ],
)
def test_name_that_is_nearly_known_is_suggested(word: str, told: str) -> None:
    assert suggest(word, ["nas_noches", "hacienda"], "vea la lista") == told
