"""What a hostile delivery may hold costs little, and fails as an error of ours or not at all."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable

import pytest

from copias.errors import BackupError
from copias.takeout.archive import Archive
from copias.takeout.labels import read_labels
from copias.takeout.messages import DeliveredMessages
from tests.unit.takeout.conftest import MAIL, part_file_name

NAME = part_file_name(1)


def test_directory_larger_than_its_plain_end_says_is_refused(make_zip, settings, takeout_message) -> None:
    """zipfile believes the wide record that stands before the end, whatever the end itself says."""
    entries = {f"Takeout/Correo/{number}.txt": b"" for number in range(200)}
    path = make_zip(NAME, {MAIL: takeout_message(), **entries})
    content = path.read_bytes()
    place = content.rfind(b"PK\5\6")
    size, offset = struct.unpack_from("<II", content, place + 12)
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 201, 201, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, place, 1)
    plain = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, 60, offset, 0)
    path.write_bytes(content[:place] + wide + locator + plain)

    with (
        pytest.raises(BackupError, match="201 archivos"),
        Archive([path], [NAME], settings.model_copy(update={"most_entries": 100})),
    ):
        pass


def count(path, settings) -> tuple[DeliveredMessages, int, float]:
    """Read a delivery; return what was tallied, the messages that came, and the CPU seconds."""
    begun = time.process_time()
    with Archive([path], [NAME], settings) as archive:
        messages = DeliveredMessages(archive, largest=1 << 20, whose="caso 7")
        ids = {message.id for message in messages.unique()}
    return messages, len(ids), time.process_time() - begun


def test_four_times_as_many_messages_of_one_id_take_some_four_times_as_long(
    make_zip, settings, takeout_message
) -> None:
    def several(numbers: Iterable[int]) -> bytes:
        return b"".join(takeout_message(1, f"Subject: acta {number}\r\n\r\nHola\r\n".encode()) for number in numbers)

    few = make_zip(NAME, {MAIL: several(range(2500))})
    _, _, once = count(few, settings)
    many = make_zip(NAME, {MAIL: several([*range(10_000), 7])})

    messages, found, longer = count(many, settings)

    assert found == 10_000
    assert (messages.tallies["repeated"], messages.tallies["renamed"]) == (1, 9_999)
    assert longer < 9 * once  # sixteen times, when each is compared with all before it


@pytest.mark.parametrize("value", [b"=?utf-7?q?+2AA-?=", b"=?unicode_escape?q?=5Cud800?=", b"a" * 300_000])
def test_labels_of_any_bytes_can_be_written_down(value: bytes) -> None:
    labels = read_labels(value)

    assert all(label.encode("utf-8") for label in labels)
    assert sum(map(len, labels)) <= 60_000
