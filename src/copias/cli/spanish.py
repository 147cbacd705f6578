"""The help of each verb, in Spanish and with examples: typer's own frame, headings and types are in English."""

from __future__ import annotations

import typing as t

from typer.core import TyperCommand, TyperGroup

from copias.cli.examples import EXAMPLES

if t.TYPE_CHECKING:
    import typer

_TYPES: t.Final = {"bool": "", "str": "TEXTO", "int": "NÚMERO", "float": "NÚMERO", "path": "RUTA", "file": "ARCHIVO"}
_MOST_IN_COLUMN: t.Final = 24


# Any, here and below: typer brings contexts and formatters of its own, under private names.
class _Spanish:
    """What a verb and a group of verbs say alike."""

    def format_help(self, context: t.Any, formatter: t.Any) -> None:
        """Write what the verb is for, what can be given to it, and examples."""
        command = context.command
        formatter.write_usage(context.command_path, " ".join(_usage(command, context)), prefix="Uso: ")
        formatter.write_paragraph()
        formatter.write_text(command.help or "")
        parameters = [each for each in command.get_params(context) if not getattr(each, "hidden", False)]
        _write_section(formatter, "Qué se escribe", map(_argument_row, filter(_is_argument, parameters)))
        options = [each for each in parameters if not _is_argument(each)]
        _write_section(formatter, "Opciones", (option_row(each, context) for each in options))
        verbs = getattr(command, "commands", {}).values()
        _write_section(formatter, "Órdenes", ((verb.name, verb.help or "") for verb in verbs if not verb.hidden))
        examples = EXAMPLES.get(context.command_path.partition(" ")[2], ())
        if examples:
            with formatter.section("Por ejemplo" if len(examples) == 1 else "Ejemplos"):
                # Line by line: an example that is wrapped could not be copied.
                for example in examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")


class SpanishCommand(_Spanish, TyperCommand):
    """One verb."""


class SpanishGroup(_Spanish, TyperGroup):
    """Verbs about one thing."""


def speak_spanish(app: typer.Typer) -> typer.Typer:
    """Make all verbs of an application, and of those in it, explain themselves in Spanish; return it."""
    app.info.cls = app.info.cls if _is_spanish(app.info.cls) else SpanishGroup
    for verb in app.registered_commands:
        verb.cls = SpanishCommand
    for group in app.registered_groups:
        if group.typer_instance is not None:
            speak_spanish(group.typer_instance)
    return app


def option_row(option: t.Any, context: t.Any) -> tuple[str, str]:
    """Return what is typed for an option, and what it means."""
    if "--help" in option.opts:
        return "--help", "Mostrar esta ayuda."
    takes = "" if getattr(option, "is_flag", False) else say_type(option, context)
    notes = [option.help or ""]
    if option.required:
        notes.append("Hay que darla.")
    elif _has_default(option):
        notes.append(f"Si no se da, {getattr(option.default, 'value', option.default)}.")
    if getattr(option, "multiple", False):
        notes.append("Se puede repetir.")
    if option.envvar:
        notes.append(f"Si no se da, la de la variable {option.envvar}.")
    return f"{', '.join(option.opts)} {takes}".strip(), " ".join(note for note in notes if note)


def say_type(parameter: t.Any, context: t.Any) -> str:
    """Return what stands for the value of an option or an argument: ``DÍA``, ``TEXTO``, ``uno|otro``."""
    if parameter.metavar is not None:
        return str(parameter.metavar)
    kind = str(parameter.display_type(context)).strip("<>")
    # An option that is repeated, and a number with bounds, are shown as what one value is.
    one = kind.removeprefix("list[").removesuffix("]").removesuffix(" range")
    return _TYPES.get(one, one)


def _is_spanish(chosen: t.Any) -> bool:
    return isinstance(chosen, type) and issubclass(chosen, _Spanish)


def _is_argument(parameter: t.Any) -> bool:
    return bool(parameter.param_type_name == "argument")


def _usage(command: t.Any, context: t.Any) -> list[str]:
    arguments = [_argument_name(each) for each in command.get_params(context) if _is_argument(each)]
    if not hasattr(command, "commands"):
        return [*arguments, "[OPCIONES]"]
    return ["[ORDEN …]", "[OPCIONES]"] if command.invoke_without_command else ["ORDEN …"]


def _argument_name(argument: t.Any) -> str:
    name = str(argument.metavar or argument.name).strip("[]").removesuffix("]...").removesuffix("…")
    several = " …" if argument.nargs != 1 else ""
    return f"{name}{several}" if argument.required else f"[{name}{several}]"


def _argument_row(argument: t.Any) -> tuple[str, str]:
    return _argument_name(argument).strip("[]"), argument.help or ""


def _has_default(option: t.Any) -> bool:
    return bool(option.default) and bool(option.show_default) and not callable(option.default)


def _write_section(formatter: t.Any, title: str, rows: t.Iterable[tuple[str, str]]) -> None:
    found = list(rows)
    if found:
        with formatter.section(title):
            formatter.write_dl(found, col_max=_MOST_IN_COLUMN)
