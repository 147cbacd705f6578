"""What a provider puts down for a case, and the steps of the run that takes it in."""

from __future__ import annotations

import typing as t
from pathlib import Path

from copias.case.starting import plan_start
from copias.case.states import State
from copias.case.storing import plan_storing
from copias.provider.packing import plan_package
from copias.provider.proving import plan_proof
from copias.provider.waiting import resume_if_arrived
from tests.integration.case.conftest import CASE, Desk
from tests.integration.case.remote import end_playbook

SQL = (
    b"-- MariaDB dump 10.19\n-- Server version\t11.4.2-MariaDB\nCREATE DATABASE `sinfa`;\nUSE `sinfa`;\n"
    b"-- Dump completed on 2026-11-26  1:02:03\n"
)
"""A dump that is recognised and, creating its own database, is never loaded here."""
BAK = b"TAPE" + bytes(2044)


def drop(desk: Desk) -> Path:
    return desk.config.parent.parent / "entregas" / CASE


def deliver(desk: Desk, name: str, content: bytes) -> Path:
    drop(desk).mkdir(exist_ok=True)
    path = drop(desk) / name
    path.write_bytes(content)
    return path


def take_in(desk: Desk) -> None:
    """Do the step of module provider_package, in a run that begins because something arrived."""
    story = desk.office.book.story(CASE)
    if story.state is State.ON_HOLD:
        resume_if_arrived(desk.office, story)
        plan_start(desk.office, CASE).run()
        end_playbook(desk)
    plan_package(desk.office, CASE).run()


def finish(desk: Desk) -> None:
    take_in(desk)
    plan_storing(desk.office, CASE).run()
    plan_proof(desk.office, CASE).run()


def rejections(desk: Desk) -> list[dict[str, t.Any]]:
    return [event.data for event in desk.office.book.story(CASE).events if event.event == "provider.rejected"]
