"""The parts of a Takeout are all there, or the error says which is not and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from copias.delivery.place import DeliveredFile
from copias.errors import NotReady
from copias.takeout.parts import choose_parts
from tests.unit.takeout.conftest import STAMP, part_file_name

NOW = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)


def file(name: str, *, size: int = 10, arrived: datetime = OLD, fault: str = "") -> DeliveredFile:
    return DeliveredFile(name, size, arrived, key=name, fault=fault)


def choose(*files: DeliveredFile):
    return choose_parts(files, whose="caso 1240", now=NOW, settle=timedelta(minutes=10))


def test_parts_come_in_order_and_furniture_is_left_aside() -> None:
    names = [part_file_name(number) for number in (2, 1, 3)]

    parts = choose(*map(file, [*names, "desktop.ini", "nota.txt"]))

    assert [one.name for one in parts.files] == sorted(names)
    assert (parts.export, parts.bytes, parts.unused) == (STAMP, 30, 1)


def test_groups_of_an_export_count_their_parts_each_from_one() -> None:
    names = [f"takeout-{STAMP}-{group}-{number:03}.zip" for group in (3, 1) for number in (2, 1)]

    assert [one.name for one in choose(*map(file, names)).files] == sorted(names)


def test_the_name_that_a_browser_gives_to_a_second_download_is_a_part() -> None:
    assert len(choose(file(part_file_name(1)), file(f"takeout-{STAMP}-002 (1).zip")).files) == 2


def test_one_zip_of_any_name_is_taken() -> None:
    parts = choose(file("mi correo.zip"))

    assert (parts.export, len(parts.files)) == ("", 1)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ([], "no hay ninguna entrega.*ponga allí los .zip"),
        ([file("nota.txt")], "no hay ninguna entrega"),
        ([file("takeout-x.tgz")], "no está en formato .zip.*«.zip» como tipo de archivo"),
        ([file(part_file_name(1)), file(part_file_name(4))], "faltan partes del Takeout: 002, 003; hay hasta la 004"),
        ([file(part_file_name(2))], "faltan partes del Takeout: 001"),
        ([file(part_file_name(1)), file(f"takeout-{STAMP}-001 (1).zip")], "está dos veces: la 001"),
        ([file(part_file_name(1)), file(part_file_name(1, stamp="20261121T000000Z"))], "exportaciones distintas"),
        ([file(part_file_name(1)), file("fotos.zip")], "no es parte del Takeout: 'fotos.zip'"),
        ([file("a.zip"), file("b.zip")], "no llevan el nombre que les da Google"),
        ([file(part_file_name(1)), file(part_file_name(2) + ".crdownload")], "todavía se está descargando"),
        ([file(part_file_name(1), size=0)], "está vacía"),
        ([file(part_file_name(1), fault="es un enlace")], "no se puede leer.*es un enlace"),
        ([file(part_file_name(1), arrived=NOW - timedelta(minutes=9))], "en camino.*hace 540 segundos.*10 minutos"),
        ([file(part_file_name(1), arrived=NOW + timedelta(days=1))], "en camino.*hace 0 segundos"),
    ],
)
def test_what_is_not_complete_is_told_with_its_repair(files, told) -> None:
    with pytest.raises(NotReady, match=f"caso 1240: .*{told}") as refused:
        choose(*files)

    assert refused.value.repair


def test_a_hostile_name_is_shown_without_its_tricks() -> None:
    with pytest.raises(NotReady) as refused:
        choose(file("\x1b[31m\u202egpj.zip"), file("\n.zip"))

    assert str(refused.value).isprintable()
