"""What a pack says of a case in its record: for programs as the ledger has it, for people in their words."""

from __future__ import annotations

import typing as t

from copias.case.kinds import KIND_WORDS, kind_of_copy
from copias.case.result import say_proof, say_target
from copias.case.states import COPY_WORDS, STATE_WORDS

if t.TYPE_CHECKING:
    from copias.case.story import CopyRecord, RestoreRecord, Story


def describe_case(story: Story) -> dict[str, t.Any]:
    """Return what the record of a pack, and its page, say of a case, with the words for people beside the data."""
    asked = story.started or story.classification or {}
    grant = story.authorisation or story.started.get("authorisation") or {}
    told = {name: str(asked.get(name) or "") for name in ("kind", "subject", "department")}
    signed = {name: str(grant.get(name) or "") for name in ("authoriser", "post", "document", "motive")}
    return {
        "number": story.number,
        "state": story.state.value,
        "state_words": STATE_WORDS[story.state],
        **told,
        "kind_words": KIND_WORDS.get(told["kind"], told["kind"]),
        **signed,
        "copies": [
            {"id": one.copy_id, "status": one.status, "words": _say_copy(one), "sha256": one.sha256}
            for one in story.copies
        ],
        "restores": [
            {"id": one.restore_id, "status": one.status, "words": _say_restore(one)} for one in story.restores
        ],
    }


def _say_copy(copy: CopyRecord) -> str:
    """Return what a copy is to who reads the page: of one that was proven how far, which is not the same of all."""
    if copy.status == "verified":
        return kind_of_copy(copy).say_proof(copy)
    return COPY_WORDS.get(copy.status, copy.status)


def _say_restore(restore: RestoreRecord) -> str:
    return f"a {say_target(restore)}: {say_proof(restore)}" if restore.status == "verified" else "sin terminar"
