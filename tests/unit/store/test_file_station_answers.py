"""What a NAS answers may be anything, and the frame around a file must be exactly one thing."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.errors import BackupError, NotReady, StoreFull, StoreUnavailable
from copias.store.file_station_answers import LoggedOut, number, parse_answer, read_element, rows
from copias.store.file_station_faults import OK, Unreadable, of_status, translate
from copias_sandbox.qnap.multipart import blocks, find_boundary, open_file_part

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_an_object_with_a_number_or_one_of_two_errors(content) -> None:
    try:
        answer = parse_answer(content)
    except (Unreadable, LoggedOut):
        return

    assert isinstance(answer["status"], int)


@given(st.dictionaries(st.sampled_from(["datas", "status", "total"]), JSON))
def test_rows_are_objects_or_the_answer_is_unreadable(answer) -> None:
    try:
        found = rows(answer)
    except Unreadable:
        return

    assert all(isinstance(row, dict) for row in found)


@given(st.integers(min_value=-(10**17), max_value=10**17))
def test_number_may_come_as_text(value) -> None:
    assert number(value) == number(str(value)) == value


@pytest.mark.parametrize("value", ["1e3", "0x10", "٣", " 1", "1\n", True, 1.5, [], {}])
def test_what_is_no_whole_number_is_unreadable(value) -> None:
    with pytest.raises(Unreadable):
        number(value)


@pytest.mark.parametrize("status", [2, "2", 3, "3"])
def test_ended_session_is_told_from_a_refusal(status) -> None:
    with pytest.raises(LoggedOut):
        parse_answer(json.dumps({"status": status}).encode())


def test_two_is_a_taken_name_where_the_call_makes_names() -> None:
    assert parse_answer(b'{"status": 2}', (OK, 2)) == {"status": 2}


@given(st.integers(min_value=-5, max_value=10**9))
def test_every_status_is_an_error_that_says_what_to_do(status) -> None:
    error = of_status(status, store="nas", doing="escribir a.zip")

    assert isinstance(error, BackupError)
    assert error.repair


@pytest.mark.parametrize(
    ("status", "kind"), [(9, StoreFull), (4, NotReady), (8, NotReady), (69, NotReady), (7, StoreUnavailable)]
)
def test_known_status_is_its_own_error(status, kind) -> None:
    assert isinstance(of_status(status, store="nas", doing="escribir"), kind)


def test_text_of_the_network_that_quotes_an_address_is_not_repeated() -> None:
    with pytest.raises(StoreUnavailable) as caught, translate("nas", "listar"):
        raise OSError("GET /cgi-bin/filemanager/utilRequest.cgi?sid=abcd1234")

    assert "abcd1234" not in str(caught.value.facts())


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("<authSid><![CDATA[ab12]]></authSid>", "ab12"),
        ("<authSid>\n  ab12\n</authSid>", "ab12"),
        ("<authSid></authSid>", ""),
        ("<other>ab12</other>", ""),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><authSid>&b;</authSid>", "&b;"),
    ],
)
def test_element_is_read_as_flat_text(document, found) -> None:
    assert read_element(document, "authSid") == found


@given(st.binary(max_size=300))
def test_emulator_reads_back_what_the_frame_holds(content) -> None:
    kind, edge = "multipart/form-data; boundary=copias00", "--copias00"
    head = f'{edge}\r\nContent-Disposition: form-data; name="fileName"\r\n\r\na.zip\r\n'
    head += f'{edge}\r\nContent-Disposition: form-data; name="file"; filename="blob"\r\nContent-Type: a/b\r\n\r\n'
    body = head.encode() + content + f"\r\n{edge}--\r\n".encode()
    stream = io.BytesIO(body)

    part, _ = open_file_part(stream, find_boundary(kind), len(body))

    assert part is not None
    assert (part.filename, part.bytes) == ("blob", len(content))
    assert b"".join(blocks(stream, part.bytes)) == content


@pytest.mark.parametrize(
    "head",
    [
        'Content-Type: a/b\r\nContent-Disposition: form-data; name="file"; filename="a.zip"',
        "Content-Disposition: form-data; name=file; filename=a.zip",
        "Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''a.zip",
    ],
)
def test_emulator_drops_what_the_real_parser_drops(head) -> None:
    body = f"--x\r\n{head}\r\n\r\ncontent\r\n--x--\r\n".encode()

    part, _ = open_file_part(io.BytesIO(body), b"--x", len(body))

    assert part is None
