"""How a call ends that was not understood, or that the program itself could not finish: in Spanish, in four parts."""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
import typing as t
from pathlib import Path

import typer

from copias.cli.output import print_error
from copias.cli.spanish import option_row, say_type
from copias.errors import EXIT_FAILED, BackupError, BadInput, StoreFull
from copias.nearest import nearest

EXIT_INTERRUPTED = 130
_NUMBERS: t.Final = ("int", "float")


def run(app: typer.Typer, arguments: list[str] | None = None, *, name: str = "copias") -> t.NoReturn:
    """Run a call, by default that which the process was started with, and exit with its code."""
    try:
        # Not standalone: typer would print its errors itself, in English.
        code = typer.main.get_command(app)(arguments, prog_name=name, standalone_mode=False)
    except typer.TyperException as error:
        code = _say_usage(error)
    except typer.Abort:
        sys.stderr.write("\nSe dejó sin hacer.\n")
        code = EXIT_FAILED
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except BrokenPipeError:
        # Who read us went away, as in `copias cases | head`: nothing is left to say, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_FAILED
    except Exception as error:  # noqa: BLE001  the last place that can say it to a person
        code = _say_fault(error)
    sys.exit(code if isinstance(code, int) else 0)


def _say_usage(error: typer.TyperException) -> int:
    """Print what was wrong with the words given, and return the exit code."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(context.get_help() if context else "", err=True)
    else:
        print_error(explain(error))
    return error.exit_code


def explain(error: typer.TyperException) -> BadInput:
    """Return a usage error of typer as one of ours.

    It is told by its class and what it carries; only where typer tells nothing else, by its words.
    """
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "copias"
    what, hint = _tell(error, context)
    repair = f"{hint}; {path} --help muestra cómo se usa" if hint else f"{path} --help muestra cómo se usa"
    return BadInput(what, whose=path, repair=repair)


def _tell(error: typer.TyperException, context: t.Any) -> tuple[str, str]:
    """Return what happened, and a hint about what was meant."""
    kind, message = type(error).__name__, error.message
    if kind == "NoSuchOption":
        option = str(getattr(error, "option_name", ""))
        return f"no hay una opción {option}", _ask(option, _options(context))
    if kind == "MissingParameter":
        name, meaning = _name(getattr(error, "param", None), context)
        return f"falta {name}", f"es: {meaning}" if meaning else ""
    if kind == "BadOptionUsage":
        option = str(getattr(error, "option_name", ""))
        return (f"a {option} le falta su valor" if "requires" in message else f"{option} va sin valor"), ""
    if isinstance(error, typer.BadParameter):
        return _tell_value(error, context), ""
    if found := re.match(r"No such command (['\"])(.*?)\1(?:\.|$)", message, re.DOTALL):
        return f"no hay una orden «{found[2]}»", _ask(found[2], list(getattr(context.command, "commands", {})))
    if found := re.match(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)$", message, re.DOTALL):
        return f"sobra «{found[1]}»", "si es una sola cosa con espacios, escríbala entre comillas"
    if message.startswith("Missing command"):
        return "falta decir qué orden", ""
    return f"lo que se escribió no se entiende: {message}", ""


def _tell_value(error: typer.BadParameter, context: t.Any) -> str:
    """Return what is wrong with the value of an option or an argument."""
    parameter: t.Any = error.param
    if parameter is None:
        return error.message
    name, _ = _name(parameter, context)
    choices = getattr(parameter.type_descriptor, "choices", None)
    if choices:
        return f"{name} es una de estas palabras: {say_type(parameter, context).replace('|', ', ')}"
    if str(parameter.display_type(context)).strip("<>").removesuffix(" range") in _NUMBERS:
        least, most = getattr(parameter, "min", None), getattr(parameter, "max", None)
        bounds = f", de {least} en adelante" if least is not None and most is None else ""
        return f"{name} es un número{bounds}"
    return f"{name}: {error.message}"


def _name(parameter: t.Any, context: t.Any) -> tuple[str, str]:
    """Return how a parameter is written, and what it means."""
    if parameter is None:
        return "algo", ""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name), (parameter.help or "").rstrip(".")
    written, _ = option_row(parameter, context)
    return written, (parameter.help or "").rstrip(".")


def _options(context: t.Any) -> list[str]:
    return [word for each in context.command.get_params(context) for word in each.opts if word.startswith("--")]


def _ask(word: str, known: list[str]) -> str:
    meant = nearest(word, known)
    return f"¿quiso decir {meant}?" if meant else ""


def _say_fault(error: Exception) -> int:
    """Print an error that nothing expected, without what it may hold of other people's data; return the exit code."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        told: BackupError = StoreFull(
            "no queda espacio en el disco",
            whose=str(error.filename or "disco de esta máquina"),
            repair="libere espacio y repita la orden: sigue donde quedó",
        )
    elif isinstance(error, PermissionError):
        told = BackupError(
            "esta cuenta no puede leer o escribir ahí",
            whose=str(error.filename or ""),
            why=error.strerror or "",
            repair="ejecute la orden con la cuenta del servicio: sudo -u copias copias …",
        )
    else:
        last = traceback.extract_tb(error.__traceback__)[-1]
        told = BackupError(
            "el programa se detuvo por una falla suya",
            why=f"{type(error).__name__} en {Path(last.filename).name}, línea {last.lineno}",
            repair="repita la orden: lo que ya estaba registrado no se pierde. Si vuelve a pasar, mándele esta línea a "
            "quien mantiene el programa; con COPIAS_TRACEBACK=1 se muestra todo",
        )
    print_error(told)
    if os.environ.get("COPIAS_TRACEBACK"):
        traceback.print_exception(error)
    return told.exit_code
