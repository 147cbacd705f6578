"""``copias audit pack``, ``sample`` and ``access``: evidence that leaves the house, and who read or opened a copy."""

from __future__ import annotations

import typing as t
from datetime import datetime
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, clean, reports_errors, say_bytes
from copias.errors import EXIT_FAILED

if t.TYPE_CHECKING:
    from datetime import date

    from copias.evidence.access import CopyAccess, Look
    from copias.evidence.pack import Pack
    from copias.evidence.sampling import Sample

From = t.Annotated[str | None, typer.Option("--from", metavar="DÍA", help="Desde este día, 31/12/2026.")]
To = t.Annotated[str | None, typer.Option("--to", metavar="DÍA", help="Hasta este día, incluido.")]


def register(app: typer.Typer) -> None:
    """Add the verbs to ``copias audit``."""
    app.command("pack")(make_evidence_pack)
    app.command("sample")(draw_cases)
    app.command("access")(show_access)


@reports_errors
def make_evidence_pack(
    cases: t.Annotated[list[str] | None, typer.Argument(metavar="[CASO]...", help="Los casos, o un período.")] = None,
    first: From = None,
    last: To = None,
    target: t.Annotated[Path | None, typer.Option("--output", metavar="ARCHIVO", help="El .zip que se hace.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Hace un paquete de evidencia de casos o de un período, que se comprueba sin este programa."""
    from copias.case.book import check_number
    from copias.errors import BadInput
    from copias.evidence.pack import Scope, make_pack
    from copias.office import open_office

    numbers = tuple(dict.fromkeys(map(check_number, cases or ())))
    days = (_read_day(first), _read_day(last))
    if bool(numbers) == any(days) or (not numbers and not all(days)):
        raise BadInput(
            "hay que decir de qué es el paquete", repair="dé casos, o --from DÍA y --to DÍA, y no ambas cosas"
        )
    scope = Scope(cases=numbers, first=days[0], last=days[1])
    pack = make_pack(open_office(config), scope, (target or Path(_name(scope.cases, days))).absolute())
    data = {
        "file": str(pack.path),
        "bytes": pack.bytes,
        "sha256": pack.sha256,
        "files": pack.files,
        "cases": list(pack.cases),
        "missing": list(pack.missing),
    }
    Output(as_json, query).show(data, lambda: _print_pack(pack))
    if pack.missing:
        raise typer.Exit(EXIT_FAILED)


@reports_errors
def draw_cases(
    count: t.Annotated[int, typer.Option("--n", metavar="CUÁNTOS", help="Cuántos casos.")] = 5,
    seed: t.Annotated[str | None, typer.Option(metavar="SEMILLA", help="La del auditor; si no, una al azar.")] = None,
    first: From = None,
    last: To = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Sortea casos resueltos para una auditoría, con la semilla a la vista; queda en la bitácora."""
    from copias.evidence.sampling import draw_sample
    from copias.office import open_office

    sample = draw_sample(open_office(config), count, seed=seed, first=_read_day(first), last=_read_day(last))
    Output(as_json, query).show(sample.to_dict(), lambda: _print_sample(sample))


@reports_errors
def show_access(
    copy: t.Annotated[str | None, typer.Option("--copy", metavar="COPIA", help="Una de `copias copies`.")] = None,
    config: Config = None,
    as_json: Json = False,
    query: Query = None,
) -> None:
    """Dice quién puede leer los destinos, y lo registra si cambió; con --copy, quién pudo leerla y quién la abrió."""
    from copias.evidence.access import look_at_places, tell_access
    from copias.office import open_office

    office = open_office(config)
    if copy is not None:
        told = tell_access(office, copy)
        Output(as_json, query).show(told.to_dict(), lambda: _print_access(told))
        return
    look = look_at_places(office)
    troubles = [error.facts() for error in look.troubles]
    data = {"places": [one.to_dict() for one in look.seen], "changed": look.changed, "troubles": troubles}
    Output(as_json, query).show(data, lambda: _print_look(look))
    if look.troubles:
        raise typer.Exit(look.troubles[0].exit_code)


def _print_look(look: Look) -> None:
    for one in look.seen:
        changed = " (registrado: es lo primero que se registra, o cambió)" if one.place in look.changed else ""
        typer.echo(clean(f"{_say_place(one.place)}{changed}: {'; '.join(one.readers)}; {one.note}"))
    for error in look.troubles:
        typer.echo(clean(str(error)), err=True)


def _say_place(place: str) -> str:
    kind, _, name = place.partition(":")
    return f"{'destino' if kind == 'store' else 'repositorio'} {name}"


def _print_access(told: CopyAccess) -> None:
    from copias.package.texts import format_time

    typer.echo(f"Copia {clean(told.copy)}, en {', '.join(map(_say_place, told.places))}")
    for one in told.seen:
        said = f"{_say_place(one['place'])}: {'; '.join(one['readers'])}; {one['note']}"
        typer.echo(clean(f"Podían leerla, visto el {format_time(datetime.fromisoformat(one['time']))}: {said}"))
    if not told.seen:
        typer.echo("Quién podía leerla no se ha registrado: `copias audit access` lo mira y lo registra.")
    for opening in told.openings:
        moment = format_time(datetime.fromisoformat(opening.time))
        typer.echo(clean(f"{moment}: {opening.name} ({opening.account}) {opening.what} [evento {opening.event}]"))
    typer.echo(
        "No se dice más que eso: lo que alguien lee sin copias, o como administrador del destino, no se ve aquí."
    )


def _print_pack(pack: Pack) -> None:
    from copias.package.texts import say_count

    held = f"{say_count(len(pack.cases), 'caso')}, {say_count(pack.files, 'archivo')}, {say_bytes(pack.bytes)}"
    typer.echo(f"{pack.path}: {held}")
    typer.echo(f"SHA-256 {pack.sha256}, también en la bitácora. Para comprobarlo: LEEME.txt, dentro del paquete.")
    for one in pack.missing:
        typer.echo(clean(f"FALTA {one['what']} ({one['whose']}): {one['why']}"), err=True)


def _print_sample(sample: Sample) -> None:
    from copias.package.texts import say_count

    typer.echo(
        f"Población: {say_count(sample.population, 'caso resuelto', 'casos resueltos')}, SHA-256 {sample.sha256}"
    )
    typer.echo(f"Semilla: {sample.seed} ({'dada' if sample.given else 'al azar, después de registrar la población'})")
    typer.echo(f"Casos: {', '.join(sample.drawn)}")
    if sample.earlier:
        times = say_count(sample.earlier, "vez", "veces")
        typer.echo(
            f"AVISO: de esta misma población ya se sorteó {times}; la bitácora dice cuándo (eventos audit.sampled)"
        )
    typer.echo("Para repetirlo: los de menor SHA-256 de «semilla:caso».")


def _read_day(text: str | None) -> date | None:
    from copias.local_time import read_day

    return None if text is None else read_day(text)


def _name(cases: tuple[str, ...], days: tuple[date | None, date | None]) -> str:
    if cases:
        return f"evidencia-{'-'.join(cases[:5])}{'-y-otros' if len(cases) > 5 else ''}.zip"
    return f"evidencia-{days[0]:%Y%m%d}-{days[1]:%Y%m%d}.zip"
