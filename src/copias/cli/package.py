"""``copias package``: what a package is, and whether it is still what was sealed. Nothing but the package is needed."""

from __future__ import annotations

import typing as t
from pathlib import Path

import typer

from copias.cli.output import Config, Json, Output, Query, clean, print_facts, reports_errors, say_bytes
from copias.errors import EXIT_FAILED, EXIT_NOT_READY

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.package import Manifest
    from copias.package.signing import TrustedKeys

app = typer.Typer(no_args_is_help=True, help="Paquetes de copias: qué son, y si alguien los cambió.")

PackagePath = t.Annotated[Path, typer.Argument(metavar="PAQUETE", help="El archivo .zip; el primero, si son varios.")]
Keys = t.Annotated[
    list[Path] | None,
    typer.Option("--key", help="Llave pública (PEM) de la entidad; si no se da, la de la instalación, si hay."),
]

_SIGNATURE_WORDS: t.Final = {
    "valid": "correcta, llave {key}",
    "unchecked": "NO comprobada: no hay llave pública; dé la de la entidad con --key",
    "invalid": "MALA, o de una llave que no es de confianza",
}


@app.callback()
def package() -> None:
    """Paquetes de copias: qué son, y si alguien los cambió."""


@app.command("verify")
@reports_errors
def verify(
    path: PackagePath, key: Keys = None, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Comprueba cada archivo de un paquete: códigos 0 íntegro y firmado, 1 cambiado, 3 íntegro, firma no comprobada.

    Sin llave pública no se sabe quién hizo el paquete: quien lo cambió pudo rehacerlo entero. Por eso no da 0.
    """
    from copias.package import open_package, verify_package

    with open_package(path) as (streams, manifest):
        trusted = _find_keys(key, config)
        problems = verify_package(streams[0], manifest, trusted, parts=streams[1:])
        data = {
            **_describe(path, manifest, trusted),
            "intact": not problems,
            "problems": list(problems),
        }
    Output(as_json, query).show(data, lambda: _print_verdict(data))
    if problems:
        raise typer.Exit(EXIT_FAILED)
    if trusted is None:
        raise typer.Exit(EXIT_NOT_READY)


@app.command("show")
@reports_errors
def show(
    path: PackagePath, key: Keys = None, config: Config = None, as_json: Json = False, query: Query = None
) -> None:
    """Muestra el manifiesto de un paquete, y no su contenido ni sus mensajes; queda en la bitácora, si aquí la hay."""
    from copias.package import open_package

    _record_look(path, config)
    with open_package(path) as (_, manifest):
        trusted = _find_keys(key, config)
        data = {**_describe(path, manifest, trusted), "manifest": manifest.to_data()}
    Output(as_json, query).show(data, lambda: print_facts(path.name, _facts(data, manifest)))


def _record_look(path: Path, config: Path | None) -> None:
    """Record that a package is opened, where there is an installation: a package is looked at without one, too.

    Raises:
        NotAllowed: the account is nobody's.
        NotReady: it may not write the ledger.
    """
    from copias.errors import BadConfiguration, NotReady
    from copias.office import open_office
    from copias.opened import copy_of_file, record_opening

    try:
        office = open_office(config)
    except BadConfiguration:
        if config:
            raise
        return
    if not path.is_file():
        return  # who opens it says so
    try:
        record_opening(office, copy_of_file(office, path), by="copias package show", to="")
    except OSError as error:
        raise NotReady(
            "no se puede anotar en la bitácora que se abre el paquete",
            whose=path.name,
            why=error.strerror or str(error),
            repair="ejecútelo con la cuenta de copias, o en una máquina sin copias.yml",
        ) from error


def _find_keys(keys: list[Path] | None, config: Path | None) -> TrustedKeys | None:
    """Return the keys that were given, else this installation's; ``None`` when there are neither."""
    from copias.config import find_deployment, load_deployment
    from copias.errors import BadConfiguration
    from copias.package import load_trusted, public_path

    if keys:
        return load_trusted(keys)
    try:
        return load_trusted([public_path(load_deployment(config or find_deployment()).signing_key)])
    except BadConfiguration:
        if config:
            raise
        return None


def _describe(path: Path, manifest: Manifest, trusted: TrustedKeys | None) -> dict[str, t.Any]:
    from copias.errors import Altered
    from copias.package import check_signature

    signature = "unchecked"
    if trusted is not None:
        try:
            check_signature(manifest, trusted)
            signature = "valid"
        except Altered:
            signature = "invalid"
    return {
        "package": path.name,
        "kind": manifest.case.kind,
        "subject": manifest.case.subject,
        "case": manifest.case.number,
        "signature": signature,
        "key": manifest.signature.key_id if manifest.signature else None,
        "counts": manifest.counts,
        "proof": manifest.proof.level.value,
    }


def _print_verdict(data: dict[str, t.Any]) -> None:
    from copias.package.texts import format_number, say_counts

    for problem in data["problems"]:
        typer.echo(f"MAL: {clean(problem)}", err=True)
    typer.echo(f"Firma {_say_signature(data)}")
    if not data["problems"]:
        counted = "; ".join(f"{words.lower()}: {format_number(number)}" for words, number in say_counts(data["counts"]))
        sealed = (
            "igual al que se selló" if data["signature"] == "valid" else "concuerda con su manifiesto, sea de quien sea"
        )
        typer.echo(f"{data['package']}: {sealed} ({clean(counted)})")


def _say_signature(data: dict[str, t.Any]) -> str:
    return _SIGNATURE_WORDS[data["signature"]].format(key=data["key"])


def _facts(data: dict[str, t.Any], manifest: Manifest) -> Iterator[tuple[str, str]]:
    from copias.package.texts import format_date, format_number, format_time, say_counts

    yield "Entidad", manifest.entity
    yield "Caso", manifest.case.number or "sin caso"
    yield "Clase y sujeto", f"{manifest.case.kind} · {manifest.case.subject}"
    yield "Autorizó", f"{manifest.authorisation.authoriser}, {manifest.authorisation.post}"
    yield "Sellado", format_time(manifest.times.sealed)
    if manifest.period.first:
        yield "Fechas de lo copiado", f"{format_date(manifest.period.first)} – {format_date(manifest.period.last)}"
    for words, number in say_counts(manifest.counts):
        yield words, format_number(number)
    for facts in filter(None, (manifest.package, *manifest.parts)):
        yield facts.name, f"{say_bytes(facts.bytes)} · SHA-256 {facts.sha256}"
    yield "Nivel de prueba", manifest.proof.text
    yield "Firma", _say_signature(data)
