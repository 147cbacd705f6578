"""The commands that errors, tables, mails and pages tell people to give exist, and can be given as they are printed."""

from __future__ import annotations

import ast
import itertools
import re
import shlex
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.docs.test_documents import build_command, parse

ROOT = Path(__file__).parents[3]
PROGRAMS = [*ROOT.glob("src/copias/**/*.py"), *ROOT.glob("plugins/*/*.py")]
OF_OTHER_TESTS = {"examples.py"}
"""Whose commands tests/unit/cli/test_help.py gives."""
TEMPLATES = [*ROOT.glob("src/copias/**/*.j2"), *ROOT.glob("extras/**/*.gs"), *ROOT.glob("src/copias/**/*.yml")]
QUOTED = re.compile(r"(?:`|<code>)copias ([^`<]+)(?:`|</code>)")
BARE = re.compile(r"(?<![`>\w./-])copias (?=[a-z])")
FILLED = "{}"
"""What stands for a value that is known when the text is made."""
WORD = re.compile(r'"[^"]*"|\S+')
LEFT_TO_THE_READER = re.compile(r"…|[A-ZÁÉÍÓÚ_/]{3,}|\d[\d/,-]*")
"""What a text leaves for its reader to put: ``…``, ``CASO``, ``DD/MM/AAAA``; or puts as an example."""


class Told(t.NamedTuple):
    """A command as a text tells it, without the name of the program, and where the text is."""

    where: str
    command: str


def spell(node: ast.AST) -> list[str] | None:
    """Return the texts that an expression can make, with :data:`FILLED` where a value goes; None for no text."""
    match node:
        case ast.Constant(value=str(said)):
            return [said]
        case ast.FormattedValue(value=ast.IfExp(body=body, orelse=orelse)):
            return [said for one in (body, orelse) for said in spell(one) or [FILLED]]
        case ast.FormattedValue():
            return [FILLED]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in itertools.product(*(spell(value) or [FILLED] for value in values))]
    return None


def find_texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each text of a program, with its line; what documents the code, or a module for Ansible, is none."""
    said = spell(node)
    if said is not None:
        yield from ((getattr(node, "lineno", 0), one) for one in said)
        return
    for child in ast.iter_child_nodes(node):
        if not is_documentation(child):
            yield from find_texts(child)


def is_documentation(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="DOCUMENTATION" | "EXAMPLES" | "RETURN")]):
            return True
    return False


def find_commands(text: str) -> Iterator[str]:
    """Yield what a text tells to give after ``copias``: all that is quoted, and of the rest what is plainly a call."""
    yield from QUOTED.findall(text)
    verbs = build_command().commands
    for found in BARE.finditer(text):
        words = WORD.findall(text[found.end() :].partition("\n")[0].replace("`", " ` "))
        if words and words[0].rstrip(".,;:)»") in verbs:
            yield " ".join(take_call(words))


def take_call(words: list[str]) -> Iterator[str]:
    """Yield the words at the beginning of a sentence's rest that belong to a call."""
    command, value_follows = build_command(), False
    for word in words:
        bare = word.rstrip(".,;:)»") or word
        verb = getattr(command, "commands", {}).get(bare)
        if verb is not None:
            command = verb
        elif bare.startswith("-"):
            option = next((one for one in command.params if bare.partition("=")[0] in one.opts), None)
            value_follows = option is not None and not option.is_flag
        elif value_follows or bare.startswith(('"', FILLED)) or LEFT_TO_THE_READER.fullmatch(bare):
            value_follows = False
        else:
            return
        yield bare
        if bare != word:
            return


def find_told() -> Iterator[Told]:
    for path in (path for path in PROGRAMS if path.name not in OF_OTHER_TESTS):
        for line, text in find_texts(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{path.relative_to(ROOT)}:{line}"
            yield from (Told(where, command) for command in find_commands(text))
    for path in TEMPLATES:
        text = re.sub(r"\{\{.*?\}\}", FILLED, path.read_text(encoding="utf-8"))
        yield from (Told(str(path.relative_to(ROOT)), command) for command in find_commands(text))


TOLD = sorted({one.command: one for one in find_told()}.values())


def give(command: str) -> None:
    """Parse a command as the program would, with something in the place of each value that is left open."""
    assert "«" not in command, "no such quote in a shell"
    words = shlex.split(command)
    verb, group = 0, build_command()
    while verb < len(words) and words[verb] in getattr(group, "commands", {}):
        group, verb = group.commands[words[verb]], verb + 1
    assert verb, f"there is no verb {words[0]}"
    filling = "ana@alcaldia.example" if words[0] == "consent" else "1"  # an address there is short for a verb
    if words[verb:]:  # else the verb is only named
        parse([*words[:verb], *(re.sub(r"\{\}|…|[A-ZÁÉÍÓÚ_/]{3,}", filling, word) for word in words[verb:])])


@pytest.mark.parametrize("told", TOLD, ids=lambda told: f"{told.where} {told.command}")
def test_a_command_that_a_text_tells_can_be_given(told: Told) -> None:
    give(told.command)


@pytest.mark.parametrize(
    "text",
    [
        "dígalo con `copias nigthly --only {}`",
        "repita: copias cancel {}",
        "copias note {} … --by CUENTA",
        "use «copias drill --force»",
        "mire los cambios: copias audit inventory --review «qué se revisó»",
    ],
)
def test_a_command_that_cannot_be_given_is_found(text: str) -> None:
    (command,) = find_commands(text)

    with pytest.raises(Exception, match=r"no verb|no such|No such|Missing"):
        give(command)
