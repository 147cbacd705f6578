"""The help of every verb is Spanish, fits a narrow terminal and ends with calls that can be given."""

from __future__ import annotations

import re
import shlex
import typing as t

import pytest
import typer
from typer.testing import CliRunner

from copias.cli.app import app
from copias.cli.examples import EXAMPLES
from copias.cli.spanish import speak_spanish
from copias_sandbox.cli import app as sandbox
from tests.unit.docs.test_documents import build_command, parse

ENGLISH = re.compile(
    r"\b(Usage|Options|Arguments|Commands|Show this message|required|default|env var)\b|<(bool|str|path)>"
)
NARROW = 80


def find_help(command: t.Any, name: str, parent: t.Any = None) -> t.Iterator[tuple[str, str]]:
    """Yield each verb, as it is typed, and its help."""
    context = typer.Context(command, info_name=name, parent=parent)
    yield context.command_path, command.get_help(context)
    for word, verb in getattr(command, "commands", {}).items():
        yield from find_help(verb, word, context)


HELP = dict(find_help(build_command(), "copias"))
# The verb only hands over to an application of its own.
HELP |= dict(find_help(typer.main.get_command(speak_spanish(sandbox)), "copias sandbox"))


@pytest.mark.parametrize("verb", HELP)
def test_help_of_a_verb_is_spanish_and_fits_a_narrow_terminal(verb: str) -> None:
    said = HELP[verb]

    assert said.startswith(f"Uso: {verb} ")
    assert ENGLISH.search(said) is None
    assert max(map(len, said.splitlines())) <= NARROW


@pytest.mark.parametrize("verb", [verb for verb in HELP if not verb.startswith("copias sandbox ")])
def test_help_of_a_verb_ends_with_an_example(verb: str) -> None:
    assert re.search(r"^(Ejemplos|Por ejemplo):\n  \S", HELP[verb], re.MULTILINE)


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path])
def test_examples_are_calls_of_their_verb_that_can_be_given(path: str) -> None:
    for example in EXAMPLES[path]:
        program, *arguments = shlex.split(example.replace("\\\n", ""))

        if program == "copias":
            parse(arguments)
            assert arguments[0] == path.partition(" ")[0]
        else:
            assert program == "eval"


def test_options_say_what_they_take_and_what_holds_without_them() -> None:
    said = HELP["copias store verify"]

    assert said.startswith("Uso: copias store verify [DESTINO …] [OPCIONES]\n")
    assert "--budget MINUTOS" in said
    assert "Si no se da, 120." in said
    assert re.search(r"^  --all  ", said, re.MULTILINE)


def test_option_that_must_be_given_says_so() -> None:
    assert re.search(r"--reason TEXTO .*Hay que darla\.", " ".join(HELP["copias cancel"].split()))


def test_help_is_what_a_call_prints() -> None:
    said = CliRunner().invoke(app, ["store", "verify", "--help"], prog_name="copias").output

    assert said.split() == HELP["copias store verify"].split()
