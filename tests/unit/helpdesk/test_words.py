"""Words compare as people mean them."""

from __future__ import annotations

import pytest

from copias.helpdesk.words import Phrases, plain


@pytest.mark.parametrize(
    ("text", "same_as"),
    [
        ("  En   TRÁMITE ", "en trámite"),
        ("En\u00a0proceso", "en proceso"),
        ("EN PROCESO\t", "En proceso"),
        ("Solu\u200bcionado", "solucionado"),
        ("Contrasen\u0303a", "CONTRASEÑA"),
        ("\ufeffCerrado", "cerrado"),
    ],
)
def test_case_accents_spaces_and_hidden_characters_do_not_count(text: str, same_as: str) -> None:
    assert plain(text) == plain(same_as)


@pytest.mark.parametrize(("one", "other"), [("Cerrado", "Cerrada"), ("en proceso", "enproceso"), ("", "a")])
def test_different_words_stay_different(one: str, other: str) -> None:
    assert plain(one) != plain(other)


def test_only_whole_words_are_found() -> None:
    phrases = Phrases({"usb": ["usb"], "correo": ["correo"]})

    assert phrases.find("el usbc y los correos") == frozenset()
    assert phrases.find("(usb) y correo.") == {"usb", "correo"}


def test_longer_phrase_covers_the_shorter_in_it() -> None:
    phrases = Phrases({"drive": ["Google Drive"], "doubt": ["drive"]})

    assert phrases.find("mi google drive") == {"drive"}
    assert phrases.find("mi google drive y otro drive") == {"drive", "doubt"}


def test_phrase_with_several_meanings_has_them_all() -> None:
    assert Phrases({"a": ["x"], "b": ["X"]}).find("x") == {"a", "b"}


def test_no_phrases_find_nothing() -> None:
    assert Phrases({"a": [], "b": [""]}).find("a b") == frozenset()
