"""A mirror whose disk changed a message, or that never held all of its mailbox, makes nobody say that all is there."""

from __future__ import annotations

import pytest

from copias.case.deciding import classify
from copias.case.starting import plan_start
from copias.errors import Altered, CopyFailed
from copias.mailbox.copying import plan_mirror
from copias.mailbox.mirror import MirrorReader
from copias.mailbox.mirror.layout import segment_path
from copias.mailbox.packing import plan_packing
from copias.mailbox.restore.opening import choose_source
from copias.mailbox.restore.search import Query
from copias.mailbox.status import mirror_folder
from tests.integration.recovery.conftest import CASE, MARTA, Recovery

LABEL = f"Recuperado caso {CASE}"


def damage(town: Recovery, place: int) -> str:
    """Change one byte in the middle of a message's compressed content, and return its id."""
    folder = mirror_folder(town.office.deployment, MARTA)
    with MirrorReader.open(folder) as mirror:
        rows = sorted(mirror.messages(), key=lambda row: (row.segment, row.offset))
    row = [row for row in rows if row.bytes > 500][place]
    offset, length = row.deflated
    with segment_path(folder, row.segment).open("r+b") as segment:
        segment.seek(offset + length // 2)
        byte = segment.read(1)[0]
        segment.seek(-1, 1)
        segment.write(bytes([byte ^ 0x55]))
    return row.id


def test_message_that_rotted_in_the_mirror_is_named_before_anything_is_stored(town: Recovery) -> None:
    classify(town.office, CASE, kind="mailbox", subject=MARTA, mode=None)
    plan_start(town.office, CASE).run()
    rotten = damage(town, 7)
    plan_mirror(town.office, CASE).run()

    with pytest.raises(Altered, match=rotten) as caught:
        plan_packing(town.office, CASE).run()

    assert "aparte la carpeta" in caught.value.repair
    assert "copy.made" not in town.events()
    assert not list((town.office.deployment.state / "spool").glob("*/*.zip"))


def test_recovery_gives_what_can_be_read_and_names_what_cannot(recovery: Recovery) -> None:
    step = recovery.plan(query=Query())
    rotten = damage(recovery, 3)

    with pytest.raises(CopyFailed, match="1 mensajes dañados; los demás están devueltos") as caught:
        step.run()

    assert rotten in caught.value.why
    assert len(recovery.held(LABEL)) == len(recovery.copied) - 1


def test_mirror_whose_first_copy_never_ended_is_no_source_of_a_recovery(recovery: Recovery) -> None:
    recovery.forget_mirror()
    short = next(iter(recovery.copied))
    recovery.admin.fault("status", "gmail.users.messages.get", match=short, times=0, status=503)
    recovery.begin_mirror()

    source = choose_source(recovery.office, MARTA)

    assert mirror_folder(recovery.office.deployment, MARTA).is_dir()
    assert source.kind == "copy"
