"""What the manifest of a manual copy says of its delivery, and of what is honestly not known."""

from __future__ import annotations

import typing as t

from copias.package import DeliveryFacts, Scope
from copias.package.facts import EntryFacts
from copias.pages import printable

if t.TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from copias.delivery.fetching import FetchedPart
    from copias.takeout.archive import Contents
    from copias.takeout.messages import DeliveredMessages

OF_ANOTHER: t.Final = "La entrega puede ser de otra cuenta"
"""How the limit begins of a delivery in which Gmail delivered nothing to the account of the case."""
_PRODUCTS: t.Final = 50
"""Folders of the Takeout that the manifest names; more are counted together."""
_NAME: t.Final = 200

_ALWAYS: t.Final = (
    (
        "Conciliación con el buzón: no es posible. La descarga la hizo el usuario; cuántos mensajes tenía el buzón, y "
        "si pidió todas sus etiquetas, no se sabe"
    ),
    "Los nombres de las partes no dicen cuántas son: que la última sea la última no se puede comprobar",
    "Los milisegundos de la fecha de recibo, que Takeout no trae",
    "Filtros, reglas, firmas y configuración de la cuenta",
)
"""Limits of every such copy."""


def describe_scope(contents: Contents, tallies: Counter[str], *, unused: int) -> Scope:
    """Return what is in the package and what honestly is not.

    Args:
        contents: of the archive.
        tallies: of the messages, whole.
        unused: files in the folder that are no parts.
    """
    included = (
        (
            f"Los {tallies['found'] - tallies['repeated']} mensajes distintos de los archivos mbox de la entrega, con "
            "sus adjuntos, etiquetas y fechas, como los trae Takeout"
        ),
        "Los encabezados X-GM-THRID y X-Gmail-Labels, que agrega Takeout, están en indice.csv y no en los mensajes",
    )
    return Scope(included=included, excluded=(*_ALWAYS, *_say_doubts(tallies), *_say_others(contents, unused)))


def describe_delivery(parts: Sequence[FetchedPart], messages: DeliveredMessages) -> DeliveryFacts:
    """Return the facts of a delivery."""
    tallies = messages.tallies
    return DeliveryFacts(
        files=tuple(EntryFacts(name=_clean(part.name), bytes=part.bytes, sha256=part.sha256) for part in parts),
        mailboxes=tuple(
            EntryFacts(name=_clean(file.name), bytes=file.bytes, sha256=file.sha256) for file in messages.files
        ),
        messages=tallies["found"],
        repeated=tallies["repeated"],
        renamed=tallies["renamed"],
        quoted=tallies["quoted"],
        doubtful=tallies["doubtful"],
    )


def _say_doubts(tallies: Counter[str]) -> list[str]:
    said = {
        "quoted": "Mensajes con líneas «>From »: {}. El formato no deja saber si el «>» es del mensaje o lo puso "
        "Takeout; está como vino, y la firma de esos mensajes puede no dar",
        "doubtful": "Líneas «From » después de una línea vacía que no tienen la forma de Takeout: {}. Se tomaron por "
        "texto del mensaje en que están",
        "repeated": "Mensajes que venían repetidos, iguales, en varios archivos: {}. Están una vez",
        "renamed": "Mensajes distintos con el mismo identificador: {}. Llevan -2, -3 … en el suyo",
        "undated": "Mensajes sin fecha de recibo que se entienda: {}. Van al 1980",
        "unended": "Mensajes que no terminan en línea vacía: {}. El último puede estar cortado",
    }
    doubts = [words.format(tallies[name]) for name, words in said.items() if tallies[name]]
    if tallies["foreign"] and not tallies["ours"]:
        doubts.append(f"{OF_ANOTHER}: Gmail dejó {tallies['foreign']} mensajes en otra dirección, y ninguno en la suya")
    return doubts


def _say_others(contents: Contents, unused: int) -> list[str]:
    """Name what is no mail: the authorisation of the case is for the mailbox."""
    products = sorted(contents.others.items())
    said = [
        f"{_clean(product) or 'Otros archivos'}: {files} archivos, {size} bytes; no son el buzón que se autorizó "
        "copiar y quedan solo en la entrega"
        for product, (files, size) in products[:_PRODUCTS]
    ]
    if rest := products[_PRODUCTS:]:
        said.append(f"Otras {len(rest)} carpetas de la entrega, con {sum(files for _, (files, _) in rest)} archivos")
    if unused:
        said.append(f"{unused} archivos de la carpeta de la entrega que no son partes del Takeout")
    return said


def _clean(name: str) -> str:
    return str(printable(name.encode("utf-8", "replace").decode()))[:_NAME]
