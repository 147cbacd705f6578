"""The story of a case in words, for people."""

from __future__ import annotations

import typing as t

from copias.case.rows import BOGOTA
from copias.case.states import STATE_WORDS, State

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.case.story import Story
    from copias.ledger import Event

_WORDS: t.Final = {
    "case.assigned": "Asignado a {agent}",
    "case.started": "Empieza la copia {mode} de {subject}",
    "case.classified": "Clasificado: {kind} {subject}",
    "case.authorised": "Autoriza {authoriser}, {post} ({document}): {motive}",
    "case.held": "En espera: {reason}",
    "case.resumed": "Se reanuda: {reason}",
    "case.cancelled": "Cancelado: {reason}",
    "case.reopened": "Reabierto: {reason}",
    "case.noted": "Nota: {reason}",
    "case.failed": "Falló: {what}: {why}",
    "case.resolved": "Resuelto con la copia {copy}",
    "copy.made": "Copia {copy} hecha: {bytes} bytes, SHA-256 {sha256}",
    "copy.stored": "Copia {copy} almacenada en {store}, releída e igual",
    "copy.verified": "Copia {copy} restaurada e igual al origen: {tables} tablas, {rows} filas",
    "copy.voided": "Copia {copy} descartada: {why}",
    "outbox.delivered": "Fila {key} escrita en {range}",
}


def tell_events(story: Story) -> Iterator[tuple[str, str, str]]:
    """Yield date, person and sentence of each event; what is only bookkeeping is passed over."""
    for event in story.events:
        if event.event in _WORDS:
            yield f"{event.when.astimezone(BOGOTA):%d/%m/%Y %H:%M:%S}", event.actor.get("name", ""), _say(event)


def _say(event: Event) -> str:
    words: dict[str, t.Any] = _Blanks(event.data)
    return _WORDS[event.event].format_map(words)


class _Blanks(dict[str, t.Any]):
    """Data whose missing keys read as nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def tell_outcome(story: Story) -> list[tuple[str, str]]:
    """Return what a case has to show: label and value."""
    rows = [("Estado", STATE_WORDS[story.state])]
    copy = story.copy
    if copy:
        rows += [
            ("Copia", copy.package),
            ("Destino", copy.store),
            ("Tamaño", f"{copy.bytes} bytes"),
            ("SHA-256", copy.sha256),
        ]
        if copy.status == "verified":
            rows.append(
                ("Prueba", f"restaurada: {copy.proof.get('tables')} tablas, {copy.proof.get('rows')} filas, iguales")
            )
            rows.append(("Recuperación", f"{copy.proof.get('seconds', 0):.0f} s"))
        else:
            rows.append(("Prueba", "todavía no se ha probado"))
    if story.failure and story.state is not State.RESOLVED:
        rows.append(("Falló", f"{story.failure.get('what', '')}: {story.failure.get('why', '')}"))
    rows += [("Escrito en la hoja", str(row["range"])) for row in story.delivered.values()]
    rows += [("Pendiente de escribir", key) for key in story.waiting]
    return rows
