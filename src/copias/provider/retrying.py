"""Having another look at what was rejected: the file was good, and what it lacked was on our side.

The password of an archive came by mail, or a limit of the deployment was too low: the provider has nothing to correct,
and a file that was rejected is never looked at again by itself.
"""

from __future__ import annotations

import typing as t

from copias.errors import BadInput, NotReady
from copias.people import Role
from copias.provider.promising import require_awaited
from copias.provider.request import RETRIED, require_configured

if t.TYPE_CHECKING:
    from copias.case.story import Story
    from copias.office import Office

_LONGEST: t.Final = 500


def retry(office: Office, number: str, *, reason: str) -> Story:
    """Have what was rejected for a case looked at again, in the next round of ``copias poll`` or by ``copias run``.

    Raises:
        BadInput: no reason is given, or it is very long.
        NotAllowed: the role does not include it.
        NotReady: the case does not wait for its provider, or nothing was rejected.
    """
    office.actor.require(Role.AGENT, "volver a revisar lo que entregó un proveedor")
    if not 0 < len(reason.strip()) <= _LONGEST:
        raise BadInput(
            "falta el motivo, o es muy largo",
            whose=f"caso {number}",
            repair=f"diga con --reason, en hasta {_LONGEST} letras, qué se corrigió de este lado",
        )
    story = office.book.story(number)
    request = require_configured(office, require_awaited(story))
    if not request.rejected:
        raise NotReady(
            "no se ha rechazado nada de lo que entregó el proveedor",
            whose=f"caso {number}",
            repair="cuando llegue algo se revisa solo, con `copias poll`",
        )
    return office.book.record(number, RETRIED, {"reason": reason.strip()})
