"""The story of a case in words, for people."""

from __future__ import annotations

import typing as t
from datetime import date

from copias.case.kinds import KIND_WORDS, kind_of_copy
from copias.case.notices import NOTICE_WORDS
from copias.case.result import say_lacking, say_proof, say_target
from copias.case.rows import MODE_WORDS
from copias.case.states import STATE_WORDS, State
from copias.case.story import is_notice
from copias.local_time import BOGOTA
from copias.package.texts import format_bytes, format_moment, say_count

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from copias.case.story import RestoreRecord, Story
    from copias.ledger import Event

_WORDS: t.Final = {
    "case.assigned": "Asignado a {agent}",
    "case.started": "Empieza la copia {way} de {subject}",
    "case.classified": "Clasificado: {kind_words} {subject}",
    "case.authorised": "Autoriza {authoriser}, {post} ({document}): {motive}{named}",
    "case.held": "En espera: {reason}",
    "case.resumed": "Se reanuda: {reason}",
    "case.cancelled": "Cancelado: {reason}",
    "case.reopened": "Reabierto: {reason}",
    "case.noted": "Nota: {reason}",
    "case.failed": "Falló: {what}: {why}",
    "case.resolved": "Resuelto con la copia {copy}",
    "account.deleted": "La cuenta {account} fue eliminada el {deleted_at}",
    "copy.removed": "Copia {copy} eliminada por retención: {why}",
    "copy.made": "Copia {copy} hecha: {size}, SHA-256 {sha256}",
    "copy.stored": "Copia {copy} almacenada en {store}, releída e igual",
    "copy.verified": "Copia {copy} probada e igual al origen",
    "copy.moved": "Copia {copy} pasada al destino {store}, releída e igual",
    "copy.exported": "Exportó {counted} de {account} a un archivo mbox de {size}, SHA-256 {sha256}",
    "copy.voided": "Copia {copy} descartada: {why}",
    "copy.spoilt": "Copia {copy} dañada, ya no cuenta: {why}",
    "copy.doubted": "Copia {copy} dudosa: está entera, pero no pasa las comprobaciones",
    "copy.accepted": "Copia {copy} aceptada con sus dudas: {reason}",
    "provider.requested": "Se pidió la copia de {database} al proveedor {provider}",
    "provider.promised": "El proveedor promete la copia para el {said}. {note}",
    "provider.reminded": "Se recordó la entrega al proveedor",
    "provider.late": "La entrega del proveedor está atrasada",
    "provider.arrived": "Llegó lo que entregó el proveedor",
    "provider.rejected": "Se rechazó lo que entregó el proveedor: {reason}",
    "provider.retried": "Lo que se rechazó se revisa otra vez: {reason}",
    "recovery.searched": "Buscó en las copias de {account} ({source}): {counted}",
    "restore.planned": "Eligió {counted} de {account} para devolver",
    "restore.given": "Devolvió {counted}, de {messages}{lacking}",
    "restore.accepted": "Recuperación {restore} aceptada{lacking}: {reason}",
    "restore.verified": "Recuperación {restore} probada: {counted} en su lugar; releídos: {compared}{lacking}",
    "outbox.delivered": "{row} escrita en {range}",
    "outbox.rejected": "{row} no enviado: {why}",
    "notice.skipped": "{row} no enviado: {why}",
}
_OF_DATABASE: t.Final = {
    "restore.planned": "Se eligió restaurar la copia {copy} de {database} en {place}: {motive}",
    "restore.given": "Restaurada la copia de {database}, comparada e igual",
    "restore.verified": "Recuperación {restore} probada: {copy} en {place}",
}
"""The words of a recovery that is of a database."""
_RECOVERED: t.Final = "Resuelto con la recuperación {restore}"
_UNCOMPARED: t.Final = "Copia {copy} revisada: {words}"
"""Of a copy that was compared with no source, such as what a provider delivered."""
_NOTICE_SENT: t.Final = "{row} enviado"
_RETIRES: t.Final = "; se retira el {:%d/%m/%Y}"


def tell_events(story: Story) -> Iterator[tuple[str, str, str]]:
    """Yield date, person and sentence of each event; what is only bookkeeping is passed over."""
    for event in story.events:
        if event.event in _WORDS:
            yield f"{event.when.astimezone(BOGOTA):%d/%m/%Y %H:%M:%S}", event.actor.get("name", ""), _say(event, story)


def _say(event: Event, story: Story) -> str:
    recipient = event.data.get("recipient")
    lacking = say_lacking(event.data)
    words: dict[str, t.Any] = _Blanks(
        event.data,
        named=f"; puede recibir {recipient}" if recipient else "",
        row=_name_row(str(event.data.get("key", "")), story.queued),
        way=MODE_WORDS.get(event.data.get("mode", ""), ""),
        kind_words=KIND_WORDS.get(event.data.get("kind", ""), ""),
        size=format_bytes(event.data.get("bytes", 0)),
        deleted_at=format_moment(str(event.data.get("deleted_at", ""))),
        counted=say_count(_find_count(event.data), "mensaje"),
        lacking=f"; {lacking}" if lacking else "",
    )
    sent = event.event == "outbox.delivered" and "message" in event.data
    given_back = event.event == "case.resolved" and "restore" in event.data
    words_of = _OF_DATABASE.get(event.event, _WORDS[event.event]) if "database" in event.data else _WORDS[event.event]
    said = (_NOTICE_SENT if sent else _RECOVERED if given_back else words_of).format_map(words)
    if event.event == "copy.verified":
        said = _say_verified(event.data, said)
    retires = event.data.get("retires") if event.event == "case.classified" else None
    return said + _RETIRES.format(date.fromisoformat(retires)) if retires else said


def _find_count(data: Mapping[str, t.Any]) -> int:
    """Return of how many messages an event tells: those of now, where it tells of all of them too."""
    return next((data[name] for name in ("now", "found", "messages") if isinstance(data.get(name), int)), 0)


def _name_row(key: str, queued: Mapping[str, t.Any]) -> str:
    """Return what a row or a notice is to people; its key only where no more is known."""
    row = queued.get(key, {})
    if is_notice(row):
        return f"Aviso «{NOTICE_WORDS.get(row['what'], row['what'])}»"
    if row.get("kind") == "response":
        return f"Fila «{row.get('status', '')}»"
    return "Fila de la hoja de control" if row.get("kind") == "control" else f"Aviso o fila {key}"


def _say_verified(data: Mapping[str, t.Any], said: str) -> str:
    """Return how far a proof goes, and no further; older events say no level, and were all compared."""
    from copias.package.facts import ProofLevel

    level = ProofLevel(data.get("level", ProofLevel.RESTORED))
    if level is not ProofLevel.RESTORED:
        return _UNCOMPARED.format(copy=data["copy"], words=level.text)
    count = data.get("not_compared", 0)
    return f"{said}; {count} tablas no se pudieron comparar" if count else said


class _Blanks(dict[str, t.Any]):
    """Data whose missing keys read as nothing."""

    def __missing__(self, key: str) -> str:
        return ""


def tell_outcome(story: Story) -> list[tuple[str, str]]:
    """Return what a case has to show: label and value."""
    rows = [("Estado", STATE_WORDS[story.state])]
    if story.hold:
        rows.append(("Por qué espera", str(story.hold.data.get("reason", ""))))
    copy = story.copy
    if copy:
        rows += [
            ("Copia", copy.package),
            ("Destino", copy.store),
            ("Tamaño", format_bytes(copy.bytes)),
            ("SHA-256", copy.sha256),
        ]
        if copy.status == "removed":
            rows.append(("Eliminada", f"{copy.proof['why']}; acta de la lista {copy.proof['list'][:12]}"))
        elif copy.status == "spoilt":
            rows.append(("Dañada", f"{copy.proof['why']}; haga otra: copias reopen {story.number} --reason …"))
        elif copy.status == "verified":
            rows.append(("Prueba", kind_of_copy(copy).say_proof(copy)))
            rows.append(("Recuperación", f"{copy.proof.get('seconds', 0):.0f} s"))
        else:
            rows.append(("Prueba", "todavía no se ha probado"))
    if story.restore and not copy:
        rows += _tell_restore(story.restore)
    if story.failure and story.state is not State.RESOLVED:
        rows.append(("Falló", f"{story.failure.get('what', '')}: {story.failure.get('why', '')}"))
    rows += [("Escrito en la hoja", str(row["range"])) for row in story.delivered.values() if "range" in row]
    rows += [("Pendiente de escribir", _name_row(key, story.queued)) for key in story.waiting]
    rows += list(_tell_notices(story))
    return rows


def _tell_restore(restore: RestoreRecord) -> list[tuple[str, str]]:
    """Return what is given back and how it was proven; of a restored database, what is left for people to do too."""
    proven = restore.status == "verified"
    proof = ("Prueba", say_proof(restore) if proven else "todavía no se ha probado")
    if not restore.database:
        return [("Recuperación", f"{say_count(restore.messages, 'mensaje')} a {say_target(restore)}"), proof]
    from copias.sinfa.restore_advice import advise

    rows = [("Recuperación", f"{restore.data['copy']} de {restore.database} en {restore.data['place']}"), proof]
    if proven:
        rows += [("Cuidado", str(warning)) for warning in restore.proof["warnings"]]
        rows += [("Qué sigue", line) for line in advise(restore.data)]
    return rows


def _tell_notices(story: Story) -> Iterator[tuple[str, str]]:
    """Yield label and words of each notice, in the order in which they were queued."""
    for key, row in story.queued.items():
        if not is_notice(row):
            continue
        words = NOTICE_WORDS.get(row["what"], row["what"])
        if key in story.rejected:
            yield "Aviso no enviado", f"{words}: {story.rejected[key]['why']}"
        else:
            yield ("Aviso enviado" if key in story.delivered else "Aviso pendiente"), words
