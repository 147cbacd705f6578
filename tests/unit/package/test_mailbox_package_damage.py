"""A package of a mailbox that was damaged, shortened or forged: it is found, named, and never crashes who reads."""

from __future__ import annotations

import hashlib
import zipfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from copias.errors import Altered, BadInput
from copias.package import open_mailbox, open_package, verify_package
from copias.package.manifest import LARGEST

slow = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def find(path, trusted):
    """Verify a package as it lies there."""
    with open_package(path) as package:
        first, *parts = package.streams
        return verify_package(first, package.manifest, trusted, parts=parts)


def test_missing_part_is_named_and_the_rest_is_still_read(pack_mailbox, message, trusted, tmp_path) -> None:
    path, sealed = pack_mailbox([message(f"{n:x}") for n in range(9)], split_bytes=300)
    (tmp_path / sealed.parts[-1].name).unlink()

    problems = find(path, trusted)

    assert any(sealed.parts[-1].name in problem for problem in problems)
    with open_mailbox(path) as package:
        messages = list(package.messages())
        assert package.read(messages[0])
        with pytest.raises(Altered, match="falta una parte"):
            package.read(next(one for one in messages if one.part == len(sealed.parts)))


@slow
@given(
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4), st.booleans()
)
def test_no_damage_is_missed_and_none_crashes_the_reader(pack_mailbox, message, trusted, damage, tail) -> None:
    """Half of the damage goes to the last 4 kB, where the zip's own structure lies."""
    path, sealed = pack_mailbox([message(f"{n:x}", content=bytes([n]) * 900) for n in range(20)])
    sound = path.read_bytes()
    content = bytearray(sound)
    for place, mask in damage:
        span = min(len(content), 4000) if tail else len(content)
        content[len(content) - span + int(span * place)] ^= mask
    assume(bytes(content) != sound)
    path.write_bytes(content)

    with path.open("rb") as stream:
        assert verify_package(stream, sealed.manifest, trusted)
        verify_package(stream, sealed.manifest.with_facts(package=None), None)  # must not crash


def test_damaged_message_is_named_and_not_given(pack_mailbox, message, trusted) -> None:
    path, _ = pack_mailbox(
        [message("a1", content=b"x" * 50), message("b2", content=hashlib.shake_256(b"").digest(999))]
    )
    content = bytearray(path.read_bytes())
    content[content.index(b"b2.eml") + 200] ^= 1
    path.write_bytes(content)

    problems = find(path, trusted)

    assert len([problem for problem in problems if "'b2'" in problem]) == 1
    assert not [problem for problem in problems if "'a1'" in problem]
    with open_mailbox(path) as package, pytest.raises(Altered, match=r"CRC-32|descomprime"):
        package.read(next(one for one in package.messages() if one.id == "b2"))


@pytest.mark.parametrize("place", [8, 200], ids=["header", "content"])
def test_subject_of_a_damaged_message_is_told_to_nobody(pack_mailbox, message, trusted, place) -> None:
    content = hashlib.shake_256(b"").digest(999)
    path, _ = pack_mailbox([message("a1"), message("b2", subject="Embarazo de alto riesgo", content=content)])
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"b2.eml") + len("b2.eml") - place if place < 99 else damaged.index(b"b2.eml") + place] ^= 1
    path.write_bytes(damaged)

    problems = find(path, trusted)

    with open_mailbox(path) as package, pytest.raises(Altered) as refused:
        package.read(next(one for one in package.messages() if one.id == "b2"))
    told = [*problems, str(refused.value)]
    assert any("b2" in text for text in problems)
    assert not [text for text in told if "Embarazo" in text]


def test_subject_of_a_message_that_the_list_has_not_is_told_to_nobody(pack_mailbox, message, trusted) -> None:
    path, _ = pack_mailbox([message("a1", subject="Embarazo de alto riesgo"), message("b2")])
    repack(path, shorten_list)
    repack(path, lambda contents: contents.update({"2026/11/20261120-080530-Embarazo-de-alto-riesgo-a1.eml": b"x"}))

    told = find(path, trusted)

    assert any("-*a1.eml" in text for text in told)
    assert not [text for text in told if "Embarazo" in text]


def repack(path, change) -> None:
    """Make the zip anew with other contents, as a forger would who has no key."""
    with zipfile.ZipFile(path) as package:
        contents = {name: package.read(name) for name in package.namelist()}
    change(contents)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in contents.items():
            package.writestr(name, content)


def name_of(contents, key: str) -> str:
    return next(name for name in contents if name.endswith(f"{key}.eml"))


def put_another(contents) -> None:
    contents[name_of(contents, "a1")] = b"otra cosa"


def drop_one(contents) -> None:
    del contents[name_of(contents, "a1")]


def add_one(contents) -> None:
    contents["2026/11/ajeno.eml"] = b"x"


def swap_two(contents) -> None:
    one, other = name_of(contents, "a1"), name_of(contents, "b2")
    contents[one], contents[other] = contents[other], contents[one]


def shorten_list(contents) -> None:
    lines = contents["indice.csv"].splitlines(keepends=True)
    del contents[name_of(contents, "a1")]
    contents["indice.csv"] = b"".join(line for line in lines if b"a1.eml" not in line)


@pytest.mark.parametrize("change", [put_another, drop_one, add_one, swap_two, shorten_list])
@pytest.mark.parametrize("beside", [True, False], ids=["manifest beside", "manifest inside"])
def test_forged_package_is_found(pack_mailbox, message, trusted, change, beside) -> None:
    path, _ = pack_mailbox([message("a1"), message("b2", content=b"otro")])
    repack(path, change)
    if not beside:
        path.with_name(path.name + ".manifest.json").unlink()

    assert find(path, trusted)


def test_package_repacked_without_change_is_sound_by_its_inner_manifest(pack_mailbox, message, trusted) -> None:
    path, _ = pack_mailbox([message("a1"), message("b2")])
    repack(path, lambda _: None)
    path.with_name(path.name + ".manifest.json").unlink()

    assert find(path, trusted) == ()


def test_reader_refuses_a_list_that_was_not_signed(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message("a1"), message("b2")])
    repack(path, shorten_list)

    with open_mailbox(path) as package, pytest.raises(Altered, match="no es la que se selló"):
        package.check_index()


def test_entry_that_was_swapped_for_a_larger_one_is_refused_before_it_is_read(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message("a1")])
    with open_mailbox(path) as package:
        (listed,) = package.messages()

        with pytest.raises(Altered, match="no es el que se selló"):
            package.read(listed._replace(bytes=listed.bytes - 1))


def test_manifest_beside_a_package_is_not_read_without_end(pack_mailbox, message) -> None:
    path, _ = pack_mailbox([message("a1")])
    with path.with_name(path.name + ".manifest.json").open("wb") as beside:
        beside.truncate(LARGEST + 1)

    with pytest.raises(BadInput, match="no se entiende"), open_mailbox(path):
        pass
