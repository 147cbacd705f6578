"""Zip files that are no Takeout, damaged, or made to do harm, are refused before anything is read from them."""

from __future__ import annotations

import stat
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from copias.errors import BackupError, BadInput, CopyFailed
from copias.takeout.archive import Archive, iterate_blocks
from copias.takeout.limits import OF_ANOTHER, describe_scope
from copias.takeout.messages import DeliveredMessages
from tests.unit.takeout.conftest import ACCOUNT, MAIL, part_file_name

NAME = part_file_name(1)


def look(paths, settings):
    with Archive(paths, [path.name for path in paths], settings) as archive:
        return archive.contents


def test_mail_is_told_from_what_is_none(make_zip, settings, takeout_message) -> None:
    entries = {
        MAIL: takeout_message(),
        "Takeout/Correo/Configuración/Filtros.json": b"{}",
        "Takeout/Drive/informe.pdf": b"%PDF",
        "Takeout/Drive/varios/fotos.zip": b"PK",
        "Takeout/Groups/vecinos@alcaldia.example/topics.mbox": takeout_message(7),
        "Takeout/archive_browser.html": b"<html>",
    }

    contents = look([make_zip(NAME, entries)], settings)

    assert [(entry.name, entry.part) for entry in contents.mboxes] == [(MAIL, 0)]
    assert contents.others == {
        "Correo": (1, 2),
        "Drive": (2, 6),
        "Groups": (1, len(takeout_message(7))),
        "Takeout": (1, 6),
    }


def test_pieces_of_an_mbox_are_read_in_their_order(make_zip, settings, takeout_message) -> None:
    data = b"".join(map(takeout_message, range(1, 13)))
    stem, third = MAIL.removesuffix(".mbox"), len(data) // 3
    first = make_zip("b.zip", {f"{stem}-002.mbox": data[third : 2 * third], f"{stem}-010.mbox": data[2 * third :]})
    second = make_zip("a.zip", {f"{stem}-001.mbox": data[:third], "Takeout/Correo/Viejo.mbox": takeout_message(99)})

    with Archive([first, second], ["b.zip", "a.zip"], settings) as archive:
        messages = DeliveredMessages(archive, largest=1 << 20, whose="entrega")
        found = [int(message.id, 16) for message in messages.unique()]

    assert found == [*range(1, 13), 99]
    assert [file.bytes for file in messages.files][:3] == [third, third, len(data) - 2 * third]


def test_a_message_that_comes_again_is_packed_once_and_another_of_its_id_is_kept(
    make_zip, settings, takeout_message
) -> None:
    path = make_zip(
        NAME,
        {
            "Takeout/Mail/a.mbox": takeout_message(1) + takeout_message(2),
            "Takeout/Mail/b.mbox": takeout_message(2)
            + takeout_message(1, b"otra\r\n")
            + takeout_message(1, b"otra\r\n"),
        },
    )

    with Archive([path], [NAME], settings) as archive:
        messages = DeliveredMessages(archive, largest=1 << 20, whose="entrega")
        found = [(message.id, message.content_bytes) for message in messages.packed()]

    assert found == [("1", 23), ("2", 23), ("1-2", 6)]
    assert (messages.tallies["found"], messages.tallies["repeated"], messages.tallies["renamed"]) == (5, 2, 1)


@pytest.mark.parametrize(
    "name",
    ["../fuera.mbox", "Takeout/../../x.mbox", "/etc/passwd", "Takeout\\..\\x", "C:/x.mbox", "Takeout/a\x1bb.mbox"],
)
def test_a_name_that_leaves_its_folder_is_refused(make_zip, settings, takeout_message, name) -> None:
    path = make_zip(NAME, {MAIL: takeout_message(), name: b"x"})

    with pytest.raises(BadInput, match=f"'{NAME}': el .zip no lo hizo Google") as refused:
        look([path], settings)

    assert str(refused.value).isprintable()


def test_a_link_inside_is_refused(tmp_path, settings, takeout_message) -> None:
    info = zipfile.ZipInfo("Takeout/Correo/x.mbox")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / NAME, "w") as archive:
        archive.writestr(MAIL, takeout_message())
        archive.writestr(info, "/etc/passwd")

    with pytest.raises(BadInput, match="es un enlace simbólico"):
        look([tmp_path / NAME], settings)


def test_a_bomb_is_refused_by_its_ratio(make_zip, settings) -> None:
    path = make_zip(NAME, {MAIL: bytes(8 << 20)})

    with pytest.raises(BadInput, match=r"más de lo que se admite.*se vuelven 8388608"):
        look([path], settings)


def test_a_takeout_above_the_limit_is_refused(make_zip, settings, takeout_message) -> None:
    path = make_zip(NAME, {MAIL: takeout_message(), "Takeout/Drive/x": bytes(1000)})

    with pytest.raises(BadInput, match=r"1[0-9]{3} bytes, y se admiten 1000"):
        look([path], settings.model_copy(update={"largest_bytes": 1000}))


def test_entries_that_share_their_bytes_are_refused(make_zip, settings) -> None:
    path = make_zip(NAME, {f"Takeout/Correo/{number}.mbox": bytes(range(256)) * 20 for number in range(4)})
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\1\2")
    for _ in range(4):  # each says that it is as long as the whole file
        struct.pack_into("<I", content, start + 20, path.stat().st_size // 2)
        start = content.find(b"PK\1\2", start + 4)
    path.write_bytes(content)

    with pytest.raises(BadInput, match="se montan unos sobre otros"):
        look([path], settings)


def test_too_many_entries_are_refused_before_they_are_listed(make_zip, settings) -> None:
    path = make_zip(NAME, {f"Takeout/{number}": b"" for number in range(30)})

    with pytest.raises(BadInput, match="30 archivos, y se admiten 20"):
        look([path], settings.model_copy(update={"most_entries": 20}))


def test_an_encrypted_takeout_is_refused(make_zip, settings, takeout_message) -> None:
    path = make_zip(NAME, {MAIL: takeout_message()})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)

    with pytest.raises(BadInput, match="cifrado con contraseña"):
        look([path], settings)


def test_parts_inside_of_another_zip_are_refused(make_zip, settings) -> None:
    path = make_zip("todo.zip", {f"descargas/{NAME}": b"PK"})

    with pytest.raises(BadInput, match=r"dentro de otro .zip.*saque las partes"):
        look([path], settings)


def test_a_takeout_without_mail_is_refused(make_zip, settings) -> None:
    path = make_zip(NAME, {"Takeout/Drive/x.pdf": b"x"})

    with pytest.raises(BadInput, match=r"no trae correo: trae 'Drive'.*marcando Gmail"):
        look([path], settings)


@pytest.mark.parametrize("cut", [0.001, 0.3, 0.9, 0.999])
def test_a_truncated_part_is_named(make_zip, settings, takeout_message, cut) -> None:
    whole = make_zip(part_file_name(1), {MAIL: takeout_message()})
    broken = make_zip(part_file_name(2), {"Takeout/Correo/b.mbox": b"".join(map(takeout_message, range(99)))})
    broken.write_bytes(broken.read_bytes()[: int(broken.stat().st_size * cut)])

    with pytest.raises(BadInput, match=f"'{part_file_name(2)}': una parte del Takeout está cortada"):
        look([whole, broken], settings)


def test_a_damaged_part_is_named_when_it_is_read(make_zip, settings, takeout_message) -> None:
    path = make_zip(NAME, {MAIL: b"".join(map(takeout_message, range(99)))})
    content = bytearray(path.read_bytes())
    content[content.index(b".mbox") + 200] ^= 0xFF
    path.write_bytes(content)

    with Archive([path], [NAME], settings) as archive, pytest.raises(CopyFailed, match=f"'{NAME}': .*dañada"):
        list(iterate_blocks(archive.open(archive.contents.mboxes[0])))


def spoil(content: bytearray) -> None:
    content[content.index(b".mbox") + 200] ^= 0xFF


def encrypt(content: bytearray) -> None:
    content[content.index(b"PK\1\2") + 8] |= 1


def grow(content: bytearray) -> None:
    struct.pack_into("<I", content, content.index(b"PK\1\2") + 24, 8 << 20)


@pytest.mark.parametrize("spoilt", [spoil, encrypt, grow])
def test_name_of_a_label_is_in_no_error(make_zip, settings, takeout_message, spoilt) -> None:
    path = make_zip(NAME, {"Takeout/Correo/Embarazo.mbox": b"".join(map(takeout_message, range(99)))})
    content = bytearray(path.read_bytes())
    spoilt(content)
    path.write_bytes(content)

    with pytest.raises(BackupError) as refused, Archive([path], [NAME], settings) as archive:
        list(iterate_blocks(archive.open(archive.contents.mboxes[0])))

    assert NAME in str(refused.value)
    assert "Embarazo" not in str(refused.value)


@settings_of_hypothesis(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=8), cut=st.integers(0, 400))
def test_whatever_is_done_to_a_zip_it_is_read_or_refused_in_words(
    make_zip, settings, takeout_message, changes, cut
) -> None:
    entries = {MAIL: b"".join(map(takeout_message, range(9))), "Takeout/Drive/ñ.pdf": b"x" * 50}
    path = make_zip(NAME, entries)
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[place % len(content)] = value
    path.write_bytes(content[: len(content) - cut] if cut < 60 else content)

    refusal = read_all(path, settings)

    assert refusal is None or (refusal.repair and str(refusal).isprintable())


def read_all(path, settings) -> BackupError | None:
    """Read a whole Takeout, and return the error that tells why it cannot be."""
    try:
        with Archive([path], [NAME], settings) as archive:
            list(DeliveredMessages(archive, largest=1 << 20, whose="entrega").packed())
    except BackupError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("addresses", "doubtful"),
    [
        ((ACCOUNT,), False),
        (("pedro@alcaldia.example", ACCOUNT.upper()), False),
        (("pedro@alcaldia.example", "otra@alcaldia.example"), True),
        ((), False),
    ],
    ids=["its own", "renamed once", "another's", "nobody says"],
)
def test_delivery_of_which_nothing_came_to_the_account_says_so(
    make_zip, takeout_message, settings, addresses, doubtful
) -> None:
    # Whoever writes may name the account in a text: only the line that Gmail puts on top counts.
    written = f"Subject: acta\r\n\r\nDelivered-To: {ACCOUNT}\r\n"
    heads = ["", *(f"Delivered-To: {address}\r\n" for address in addresses)]
    messages = [takeout_message(key, (head + written).encode()) for key, head in enumerate(heads, 1)]
    path = make_zip(part_file_name(1), {MAIL: b"".join(messages)})

    with Archive([path], [path.name], settings) as archive:
        delivered = DeliveredMessages(archive, largest=1 << 20, whose="entrega", account=ACCOUNT)
        list(delivered.packed())
        scope = describe_scope(archive.contents, delivered.tallies, unused=0)

    assert any(limit.startswith(OF_ANOTHER) for limit in scope.excluded) is doubtful
