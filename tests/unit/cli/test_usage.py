"""What cannot be understood, and what the program could not finish, is told in Spanish and in four parts."""

from __future__ import annotations

import errno
import subprocess
import sys
import typing as t

import pytest
import typer

from copias.cli import usage
from copias.cli.app import app
from copias.cli.output import ask


class Told(t.NamedTuple):
    code: int
    err: str


def call(capsys: pytest.CaptureFixture[str], application: typer.Typer, *arguments: str) -> Told:
    with pytest.raises(SystemExit) as ended:
        usage.run(application, list(arguments))
    return Told(t.cast("int", ended.value.code), capsys.readouterr().err)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("runn 1234", ["no hay una orden «runn»", "¿quiso decir run?"]),
        ("audit sampel", ["copias audit: no hay una orden «sampel»", "sample?"]),
        ("zzzz", ["no hay una orden «zzzz»", "copias --help"]),
        ("run", ["copias run: falta CASO", "Número del caso"]),
        ("cancel 1234", ["falta --reason TEXTO", "queda en la historia"]),
        ("run 1234 5678", ["sobra «5678»", "entre comillas"]),
        ("run 1234 --cheeck", ["no hay una opción --cheeck", "¿quiso decir --check?"]),
        ("cancel 1234 --reason", ["a --reason le falta su valor"]),
        ("run 1234 --yes=no", ["--yes va sin valor"]),
        ("audit sample --n tres", ["--n CUÁNTOS es un número"]),
        ("store verify --budget 0", ["--budget MINUTOS es un número, de 1 en adelante"]),
        ("store", ["Uso: copias store ORDEN", "Ejemplos:"]),
    ],
)
def test_usage_error_says_what_is_wrong_and_what_to_do(capsys, arguments: str, told: list[str]) -> None:
    done = call(capsys, app, *arguments.split())

    assert done.code == 2
    assert [words for words in told if words not in done.err] == []
    assert not {"Usage", "Missing", "No such", "Invalid", "Did you mean"} & set(done.err.split())


def test_words_that_are_hostile_do_not_command_the_terminal(capsys) -> None:
    done = call(capsys, app, "x\x1b]0;pwned\x07")

    assert done.code == 2
    assert not {"\x1b", "\x07"} & set(done.err)


def one_verb(work: t.Callable[[], None]) -> typer.Typer:
    """Return an application whose only verb, ``do``, does some work."""
    application = typer.Typer()
    application.command("do")(work)
    application.callback()(lambda: None)
    return application


def fail() -> None:
    raise ValueError("la cédula 123 de una persona")


def fill_the_disk() -> None:
    raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/copias/ledger.jsonl")


def be_refused() -> None:
    raise PermissionError(errno.EACCES, "Permission denied", "/var/lib/copias/ledger.jsonl")


def be_interrupted() -> None:
    raise KeyboardInterrupt


def decline() -> None:
    raise typer.Abort


def test_fault_of_the_program_is_told_without_what_it_was_working_on(capsys, monkeypatch) -> None:
    monkeypatch.delenv("COPIAS_TRACEBACK", raising=False)

    done = call(capsys, one_verb(fail), "do")

    assert done.code == 1
    assert "ValueError en test_usage.py" in done.err
    assert "Qué hacer" in done.err
    assert "123" not in done.err
    assert "Traceback" not in done.err


def test_fault_of_the_program_is_shown_whole_to_who_asks(capsys, monkeypatch) -> None:
    monkeypatch.setenv("COPIAS_TRACEBACK", "1")

    assert "Traceback" in call(capsys, one_verb(fail), "do").err


@pytest.mark.parametrize(
    ("work", "code", "told"),
    [
        pytest.param(fill_the_disk, 1, "ledger.jsonl: no queda espacio en el disco", id="full"),
        pytest.param(be_refused, 1, "ledger.jsonl: esta cuenta no puede leer o escribir ahí", id="refused"),
        pytest.param(be_interrupted, 130, "", id="interrupted"),
        pytest.param(decline, 1, "Se dejó sin hacer", id="declined"),
    ],
)
def test_other_ends_have_their_codes_and_words(capsys, work: t.Callable[[], None], code: int, told: str) -> None:
    done = call(capsys, one_verb(work), "do")

    assert done.code == code
    assert told in done.err


def test_reader_that_goes_away_is_no_fault() -> None:
    script = "import sys, time\nfrom copias.cli import usage\nimport typer\napp = typer.Typer()\n"
    script += "app.callback()(lambda: None)\n@app.command('do')\ndef do():\n"
    script += (
        "    for _ in range(20000): print('una línea bastante larga para llenar la tubería')\nusage.run(app, ['do'])"
    )
    writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.readline()

    writer.stdout.close()
    said = writer.stderr.read().decode()
    writer.stderr.close()

    assert writer.wait(60) == 1
    assert said == ""


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("s\n", True),
        ("Sí\n", True),
        ("y\n", True),
        ("n\n", False),
        ("NO\n", False),
        ("\n", False),
        ("quizá\ns\n", True),
    ],
)
def test_question_is_answered_in_spanish(monkeypatch, typed: str, answer: bool) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))

    assert ask("¿Empezar?") is answer


def test_question_without_an_answer_starts_nothing(monkeypatch) -> None:
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("quizá\n"))

    with pytest.raises(typer.Abort):
        ask("¿Empezar?")
