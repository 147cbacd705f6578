"""What resolves a case: a proven copy, messages that were given back and read again, or a restored database.

Nothing else does.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from copias.case.kinds import KIND_WORDS, kind_of_copy
from copias.case.states import State
from copias.errors import NotReady
from copias.package.texts import format_moment, say_count

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord, RestoreRecord, Story


@dataclass(frozen=True)
class Result:
    """The proven result of a case, in the words that people get.

    Args:
        event: what ``case.resolved`` records of it: ``{"copy": id}`` or ``{"restore": id}``.
        rows: names of the rows that the help desk needs before the case is resolved.
        done: the sentence that answers the request.
        proof: in one line, how it was proven.
        evidence: what the response row names.
        notice: name of the notice that tells the requester.
        facts: what that notice names beside ``done`` and ``proof``.
        copy: of a copy.
    """

    event: dict[str, str]
    rows: tuple[str, ...]
    done: str
    proof: str
    evidence: str
    notice: t.Literal["resolved", "recovered", "restored"]
    facts: dict[str, t.Any] = field(default_factory=dict)
    copy: CopyRecord | None = None


def result_rows(story: Story) -> tuple[str, ...]:
    """Return the names of the rows that the case leaves: a recovery is no copy, so it has none in the control sheet."""
    return ("resolved",) if story.copy is None and story.restore else ("control", "resolved")


def proven_result(story: Story) -> Result:
    """Return what resolves a case.

    Raises:
        NotReady: it has no proven result; what is missing is named.
    """
    proven = story.state in {State.VERIFIED, State.RESOLVED}
    if story.copy is None and story.restore:
        if not proven or not _is_whole(story.restore):
            raise _not_whole(story.number, story.restore)
        return _result_of_restore(story, story.restore)
    copy = story.copy
    # What retention removed years later, or a disk spoilt since, was proven when it resolved the case.
    good = {"verified", "removed", "spoilt"} if story.state is State.RESOLVED else {"verified"}
    if copy is not None and copy.status == "spoilt" and copy.status not in good:
        raise _spoilt(story.number, copy)
    if copy is None or copy.status not in good or not proven:
        raise NotReady(
            "el caso no se puede resolver sin una copia probada",
            whose=f"caso {story.number}",
            why="falta la prueba de restauración" if copy else "no hay copia",
            repair=f"copias run {story.number}",
        )
    return _result_of_copy(story, copy)


def _spoilt(number: str, copy: CopyRecord) -> NotReady:
    return NotReady(
        "el caso no se puede resolver: su copia se dañó después de probarse",
        whose=f"caso {number}",
        why=f"{copy.package}, en {copy.store}: {copy.proof.get('why', '')}",
        repair=f"un administrador hace posible otra: copias cancel {number} --reason …, copias reopen {number} "
        f"--reason …; después, copias run {number}",
    )


def _is_whole(restore: RestoreRecord) -> bool:
    """Tell whether what was proven is all that was planned: one message short is not done."""
    proof, data = restore.proof, restore.data
    if restore.database:
        return restore.status == "verified" and all(proof.get(name) == data[name] for name in ("copy", "place"))
    same = (proof.get("messages"), proof.get("list_sha256")) == (data["messages"], data["list_sha256"])
    return restore.status == "verified" and same


def _not_whole(number: str, restore: RestoreRecord) -> NotReady:
    if restore.database:
        what, why = "sin haber restaurado y comparado la base de datos", "falta restaurarla, o compararla"
    else:
        what, why = "sin haber devuelto y releído todo", "falta devolver mensajes, o releerlos"
    return NotReady(
        f"el caso no se puede resolver {what}",
        whose=f"caso {number}",
        why=why,
        repair=f"copias restore {number}",
    )


def _result_of_copy(story: Story, copy: CopyRecord) -> Result:
    kind = kind_of_copy(copy)
    return Result(
        event={"copy": copy.copy_id},
        rows=result_rows(story),
        done=kind.say_done(copy),
        proof=kind.say_proof(copy),
        evidence=f"{copy.package} · {copy.bytes} bytes · SHA-256 {copy.sha256}",
        notice="resolved",
        facts={"package": copy.package, "store": copy.store, "bytes": copy.bytes, "sha256": copy.sha256},
        copy=copy,
    )


def _result_of_restore(story: Story, restore: RestoreRecord) -> Result:
    if restore.database:
        return _result_of_database(story, restore)
    count, place = restore.messages, say_target(restore)
    return Result(
        event={"restore": restore.restore_id},
        rows=result_rows(story),
        done=f"{KIND_WORDS['recovery'].capitalize()} de correo de {restore.data['account']} hecha: "
        f"{say_count(count, 'mensaje devuelto', 'mensajes devueltos')} a {place}; allí no falta ninguno"
        f"{_append(say_lacking(restore.proof))}.",
        proof=say_proof(restore),
        evidence=f"{restore.restore_id} · {say_count(count, 'mensaje')} · "
        f"SHA-256 de la lista {restore.data['list_sha256']}",
        notice="recovered",
        facts={
            "place": place,
            "messages": count,
            "sha256": restore.data["list_sha256"],
            "unlabelled": restore.proof.get("unlabelled", 0),
        },
    )


def _result_of_database(story: Story, restore: RestoreRecord) -> Result:
    copy, place, proof = restore.data["copy"], say_target(restore), say_proof(restore)
    return Result(
        event={"restore": restore.restore_id},
        rows=result_rows(story),
        done=f"{KIND_WORDS['recovery'].capitalize()} de {restore.database} hecha: copia {copy} restaurada en {place}; "
        "la base de datos que se usa no se tocó.",
        proof=proof,
        evidence=f"{restore.restore_id} · {copy} · SHA-256 del volcado {restore.proof['sha256']}",
        notice="restored",
        facts={"place": place, "made_at": format_moment(restore.data["made_at"]), "sha256": restore.proof["sha256"]},
    )


def say_target(restore: RestoreRecord) -> str:
    """Return where it went; a folder of the server is not named to people who cannot see it."""
    if restore.database:
        return f"la base nueva {restore.data['to']}" if restore.data["way"] == "database" else "un archivo"
    target = restore.data["target"]
    if not target["account"]:
        return "una carpeta, como archivos"
    return f"la etiqueta «{target['label']}» de {target['account']}"


def say_proof(restore: RestoreRecord) -> str:
    """Return how a recovery was proven."""
    if restore.database and restore.data["way"] == "database":
        told = f"restaurada: {restore.proof['tables']} tablas, {restore.proof['rows']} filas, iguales a lo que se copió"
        failed = sum(check["status"] != "passed" for check in restore.proof["checks"])
        return f"{told}; {failed} comprobaciones no se cumplen" if failed else told
    if restore.database:
        return "el archivo es, byte por byte, el volcado que se hizo"
    return (
        f"{say_count(restore.messages, 'mensaje está', 'mensajes están')} en su destino; "
        f"{say_count(restore.proof.get('compared', 0), 'releído e igual', 'releídos e iguales')} a la copia bit a bit"
        f"{_append(say_lacking(restore.proof))}"
    )


def say_lacking(proof: t.Mapping[str, t.Any]) -> str:
    """Return what lacks of the labels of messages that were given back, by their event; empty when nothing does."""
    if not proof.get("unlabelled"):
        return ""
    return f"a {proof['unlabelled']} les falta alguna de {proof['labels']} etiquetas que Gmail no recibió"


def _append(words: str) -> str:
    return f"; {words}" if words else ""
