"""The documents show commands that exist, with options that exist, and link to files that exist."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from copias.cli.app import app

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "src/copias_sandbox/README.md"])
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(copias [^`]+|scripts/[^`]+)`")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def commands(document: Path) -> Iterator[str]:
    text = document.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            if line.startswith("$ "):
                yield line[2:].split("  #")[0].strip()
    yield from (" ".join(found.split()) for found in INLINE.findall(text))


CASES = [
    pytest.param(document, command, id=f"{document.name}: {command}")
    for document in DOCUMENTS
    for command in commands(document)
]


@pytest.mark.parametrize(("document", "command"), CASES)
def test_a_command_shown_can_be_given(document: Path, command: str) -> None:
    program, *arguments = shlex.split(command)

    if program == "copias":
        parse(arguments)
    elif program.startswith("scripts/"):
        assert (ROOT / program).stat().st_mode & 0o111
    elif program == "install":
        assert shutil.which("install")
    elif program == "ansible-playbook":
        assert (ROOT / arguments[0]).exists()
    else:
        pytest.fail(f"{document.name} shows {program}, which no test knows")


@functools.cache
def build_command() -> t.Any:
    return typer.main.get_command(app)


def parse(arguments: list[str]) -> None:
    """Parse a call of copias as the program would, without running it."""
    if arguments == ["--help"]:
        return
    command = build_command()
    context = typer.Context(command, info_name="copias")
    while hasattr(command, "resolve_command"):
        if command.invoke_without_command and (not arguments or arguments[0].startswith("-")):
            break  # a group that is a verb itself
        name, command, arguments = command.resolve_command(context, arguments)
        assert command is not None, f"there is no verb {name}"
    if command.name == "sandbox" or not arguments or arguments == ["--help"]:
        return
    command.make_context("copias", list(arguments))


def test_an_option_that_does_not_exist_is_found() -> None:
    with pytest.raises(Exception, match="--by"):
        parse(["note", "1234", "x", "--by", "somebody"])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document: Path) -> None:
    missing = [
        link for link in LINK.findall(document.read_text(encoding="utf-8")) if not (document.parent / link).exists()
    ]

    assert missing == []
