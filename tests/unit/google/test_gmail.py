"""A mailbox is read whole or not at all, against the sandbox's Gmail."""

from __future__ import annotations

import asyncio
import base64
import json
import typing as t
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copias.google.errors import GoogleBadRequest, GoogleMissing, GoogleUnavailable, HistoryExpired
from copias.google.gmail import Gmail
from copias.google.gmail_history import read_history_page
from copias.google.gmail_model import read_raw
from copias.google.scopes import GMAIL_INSERT, GMAIL_LABELS, GMAIL_READ
from copias_sandbox.seed.words import HELP_DESK

GET = "gmail.users.messages.get"
LIST = "gmail.users.messages.list"


def use(sandbox, folder, work: t.Callable[[Gmail], t.Any], *, scopes=(GMAIL_READ,), **given: t.Any) -> t.Any:
    async def run() -> t.Any:
        async with sandbox.session(folder, **given) as session:
            return await work(Gmail(session, HELP_DESK, scopes))

    return asyncio.run(run())


async def every_id(gmail: Gmail, **given: t.Any) -> list[str]:
    return [key async for page in gmail.list_ids(**given) for key in page]


def test_mailbox_is_read_whole(sandbox, tmp_path) -> None:
    async def work(gmail: Gmail) -> t.Any:
        profile = await gmail.profile()
        ids = await every_id(gmail)
        return profile, ids, await asyncio.gather(*map(gmail.raw, ids)), await gmail.labels()

    profile, ids, messages, labels = use(sandbox, tmp_path, work)

    assert profile.address == HELP_DESK
    assert len(set(ids)) == profile.messages_total == len(messages) > 0
    assert [message.id for message in messages] == ids
    assert {name for message in messages for name in message.labels} <= {label.id for label in labels}
    assert all(message.history_id <= profile.history_id for message in messages)
    assert any(label.name.count("/") and label.type == "user" for label in labels)


def test_only_what_is_needed_is_asked_for(sandbox, tmp_path) -> None:
    async def work(gmail: Gmail) -> None:
        await gmail.raw((await every_id(gmail))[0])

    use(sandbox, tmp_path, work)

    call = sandbox.admin.calls(GET)[0]
    query = parse_qs(urlsplit(call["target"]).query)
    assert query == {"format": ["raw"], "fields": ["id,threadId,labelIds,historyId,internalDate,sizeEstimate,raw"]}


def test_list_goes_on_over_pages_and_can_leave_out_spam(sandbox, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 7)

    async def work(gmail: Gmail) -> t.Any:
        everything, kept = await every_id(gmail), await every_id(gmail, include_spam_trash=False)
        return everything, kept, await every_id(gmail, label="TRASH"), [await gmail.minimal(key) for key in everything]

    everything, kept, trash, known = use(sandbox, tmp_path, work)

    hidden = {message.id for message in known if {"SPAM", "TRASH"} & set(message.labels)}
    assert len(everything) == len(set(everything)) > 7
    assert set(kept) == set(everything) - hidden
    assert set(trash) == {message.id for message in known if "TRASH" in message.labels}


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "truncated"}, {"kind": "reset"}])
def test_list_whose_second_page_fails_is_no_shorter_list(sandbox, tmp_path, monkeypatch, fault) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 7)
    sandbox.admin.fault(method=LIST, nth=2, times=0, **fault)

    with pytest.raises(GoogleUnavailable):
        use(sandbox, tmp_path, every_id, attempts=2)


def test_page_token_that_google_refuses_is_no_shorter_list(sandbox, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("copias.google.gmail.PAGE", 7)
    sandbox.admin.fault("status", LIST, nth=2, times=0, status=400, message="Invalid pageToken")

    with pytest.raises(GoogleBadRequest, match="pageToken"):
        use(sandbox, tmp_path, every_id)


def test_page_that_comes_for_ever_ends_in_an_error(sandbox, tmp_path) -> None:
    page = json.dumps({"messages": [{"id": "a"}], "nextPageToken": "again"}).encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(page)
        writer.write(head + page)
        writer.close()

    async def work() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, sandbox.session(tmp_path, endpoint=url) as session:
            await every_id(Gmail(session, HELP_DESK, (GMAIL_READ,)))

    with pytest.raises(GoogleUnavailable, match="repite una página"):
        asyncio.run(work())


def test_answer_cut_or_lost_is_read_again(sandbox, tmp_path) -> None:
    for nth, kind in enumerate(["truncated", "reset", "lost", "status"], start=2):
        sandbox.admin.fault(kind, GET, nth=nth)

    async def work(gmail: Gmail) -> t.Any:
        return await asyncio.gather(*map(gmail.raw, await every_id(gmail)))

    broken = use(sandbox, tmp_path, work)
    sandbox.admin.clear_faults()

    assert broken == use(sandbox, tmp_path, work)


def test_message_that_is_gone_is_told_from_one_that_does_not_come(sandbox, tmp_path) -> None:
    with pytest.raises(GoogleMissing, match="123456789abcdef0"):
        use(sandbox, tmp_path, lambda gmail: gmail.raw("123456789abcdef0"))


def test_expired_history_asks_for_a_full_listing(sandbox, tmp_path) -> None:
    async def work(gmail: Gmail) -> None:
        async for _ in gmail.history(1):
            pass

    with pytest.raises(HistoryExpired):
        use(sandbox, tmp_path, work)


def test_unchanged_mailbox_has_one_empty_page_of_history(sandbox, tmp_path) -> None:
    async def work(gmail: Gmail) -> t.Any:
        since = (await gmail.profile()).history_id
        return since, [page async for page in gmail.history(since)]

    since, pages = use(sandbox, tmp_path, work)

    assert [(page.added, page.deleted, page.labels, page.history_id) for page in pages] == [((), (), {}, since)]


def test_label_is_made_once_and_found_afterwards(sandbox, tmp_path) -> None:
    name = 'Copias, "añejas"/2026 🎉'

    async def work(gmail: Gmail) -> t.Any:
        return await gmail.create_label(name), await gmail.create_label(name), await gmail.create_label(name.upper())

    first, second, third = use(sandbox, tmp_path, work, scopes=(GMAIL_READ, GMAIL_LABELS, GMAIL_INSERT))

    assert first.name == name
    assert first == second == third


def raw_answer(**given: t.Any) -> bytes:
    content = base64.urlsafe_b64encode(b"Subject: x\r\n\r\n\xff\xfe").decode()
    return json.dumps({"id": "a", "threadId": "a", "raw": content, "sizeEstimate": 16, **given}).encode()


def test_whole_answer_is_read_with_and_without_padding() -> None:
    padded = read_raw("a", raw_answer())
    bare = read_raw("a", raw_answer(raw=base64.urlsafe_b64encode(padded.content).decode().rstrip("=")))

    assert padded.content == bare.content == b"Subject: x\r\n\r\n\xff\xfe"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"null",
        b'{"id": "a"}',
        b'{"id": "a", "sizeEstimate": 0}',
        raw_answer()[:-10],
        raw_answer(id="b"),
        raw_answer(raw=""),
        raw_answer(raw="a*b="),
        raw_answer(raw="abcde"),
        raw_answer(historyId="x"),
    ],
)
def test_answer_that_is_not_the_whole_message_is_broken(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_raw("a", answer)


@pytest.mark.parametrize(
    "body",
    [
        b'{"raw":"cmF3Pg==","id":"a","labelIds":["raw"],"sizeEstimate":4}',
        b'{ "id" : "a", "threadId" : "\\"raw\\":\\"eA==\\"", "sizeEstimate" : 4, "raw" : "cmF3Pg==" }',
        b'{"id": "a", "sizeEstimate": 4, "raw": "cmF3Pg\\u003d\\u003d"}',
    ],
    ids=["content first", "its name within a text", "padding escaped"],
)
def test_content_is_found_however_the_answer_is_written(body: bytes) -> None:
    assert read_raw("a", body).content == b"raw>"


def test_message_of_no_bytes_is_a_message() -> None:
    assert read_raw("a", b'{"id": "a", "threadId": "a", "internalDate": "1"}').content == b""


@given(content=st.binary(max_size=300))
def test_any_bytes_arrive_exactly(content: bytes) -> None:
    body = raw_answer(raw=base64.urlsafe_b64encode(content).decode(), sizeEstimate=len(content))

    assert read_raw("a", body).content == content


STEP = st.tuples(st.sampled_from("ab"), st.sampled_from(["labelsAdded", "labelsRemoved"]), st.sampled_from("XYZ"))


@given(
    steps=st.lists(STEP, max_size=20), before=st.dictionaries(st.sampled_from("ab"), st.sets(st.sampled_from("XYZ")))
)
def test_folded_label_changes_end_where_the_single_ones_do(steps, before) -> None:
    records, expected = [], {key: set(before.get(key, ())) for key in "ab"}
    for key, kind, label in steps:
        records.append({"id": "1", kind: [{"message": {"id": key}, "labelIds": [label]}]})
        (expected[key].add if kind == "labelsAdded" else expected[key].discard)(label)

    page = read_history_page({"history": records, "historyId": "9"})

    for key in "ab":
        added, removed = page.labels.get(key, (frozenset(), frozenset()))
        assert (set(before.get(key, ())) | added) - removed == expected[key]


def test_history_tells_added_and_deleted() -> None:
    records = [
        {"id": "5", "messagesAdded": [{"message": {"id": "a"}}, {"message": {"id": "b"}}]},
        {"id": "6", "messagesDeleted": [{"message": {"id": "a"}}]},
    ]

    page = read_history_page({"history": records, "historyId": "7"})

    assert (page.added, page.deleted, page.history_id) == (("a", "b"), ("a",), 7)


def test_history_keeps_the_order_in_which_a_message_came_and_went() -> None:
    records = [
        {"id": "5", "messagesDeleted": [{"message": {"id": "a"}}]},
        {"id": "6", "messagesAdded": [{"message": {"id": "a"}}]},
    ]

    page = read_history_page({"history": records, "historyId": "7"})

    assert page.moves == (("a", False), ("a", True))
    assert page.deleted == ()


def test_history_without_its_id_is_broken() -> None:
    with pytest.raises(LookupError):
        read_history_page({"history": []})
