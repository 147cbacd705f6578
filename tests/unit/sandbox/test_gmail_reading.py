"""Gmail's messages: reading in each format, listing and searching."""

from __future__ import annotations

import base64

import pytest

from copias_sandbox.local import LocalClient
from copias_sandbox.oauth.accounts import Accounts
from copias_sandbox.rooms.gmail.mailboxes import SERVICE
from copias_sandbox.seed.mail import WRITERS, MailPlan, write_mail
from tests.unit.sandbox.gmail_client import ANA, LUZ, ME, SCOPE, WHOLE, ids, open_mailbox, put

# Reading


def test_message_is_shown_in_each_format(google) -> None:
    client = open_mailbox(google, count=1, kinds=("attachment",))
    (key,) = ids(client)

    shown = {
        form: client.ask("GET", f"{ME}/messages/{key}", format=form) for form in ("minimal", "metadata", "full", "raw")
    }

    common = {"id", "threadId", "labelIds", "snippet", "historyId", "internalDate", "sizeEstimate"}
    assert {form: set(found) - common for form, found in shown.items()} == {
        "minimal": set(),
        "metadata": {"payload"},
        "full": {"payload"},
        "raw": {"raw"},
    }
    assert shown["metadata"]["payload"].keys() == {"mimeType", "headers"}
    parts = shown["full"]["payload"]["parts"]
    assert [part["mimeType"] for part in parts] == ["multipart/alternative", "application/pdf"]
    assert parts[1]["filename"].endswith(".pdf")
    assert client.ask("GET", f"{ME}/messages/{key}") == shown["full"]


def test_attachment_is_read_by_its_id(google) -> None:
    client = open_mailbox(google, count=1, kinds=("attachment",))
    (key,) = ids(client)
    part = client.ask("GET", f"{ME}/messages/{key}")["payload"]["parts"][1]

    found = client.ask("GET", f"{ME}/messages/{key}/attachments/{part['body']['attachmentId']}")

    assert len(base64.urlsafe_b64decode(found["data"])) == found["size"] == part["body"]["size"] > 0


def test_fields_and_metadata_headers_choose_what_comes(google) -> None:
    client = open_mailbox(google, count=1, kinds=("plain",))
    (key,) = ids(client)

    few = client.ask("GET", f"{ME}/messages/{key}", format="raw", fields="id,labelIds,internalDate,raw")
    heads = client.ask("GET", f"{ME}/messages/{key}", format="metadata", metadataHeaders=["Subject", "date"])

    assert few.keys() == {"id", "labelIds", "internalDate", "raw"}
    assert {header["name"] for header in heads["payload"]["headers"]} == {"Subject", "Date"}


def test_raw_is_what_the_seed_wrote_for_every_kind_of_message(google) -> None:
    kinds = tuple(kind for kind in WRITERS if kind != "huge")
    plan = MailPlan(seed=3, count=len(kinds), kinds=kinds)
    client = open_mailbox(google, seed=3, count=len(kinds), kinds=kinds)
    box = google.services[SERVICE].open(ANA)

    for mail in box.select():
        written = write_mail(plan, ANA, position=mail.position, kind=mail.kind, date=mail.date)
        shown = client.ask("GET", f"{ME}/messages/{mail.id}", format="raw")
        assert base64.urlsafe_b64decode(shown.get("raw", "")) == written, mail.kind
        assert shown["sizeEstimate"] == len(written)
        for form in ("full", "metadata"):
            assert "error" not in client.ask("GET", f"{ME}/messages/{mail.id}", format=form), mail.kind


@pytest.mark.parametrize(("asked", "code"), [("00000000000000ff", 404), ("no-es-un-id", 400)])
def test_message_that_is_not_there_is_told(google, asked, code) -> None:
    client = open_mailbox(google, count=1)

    assert client.ask("GET", f"{ME}/messages/{asked}")["error"]["code"] == code


def test_mailbox_of_somebody_else_is_refused(google) -> None:
    client = open_mailbox(google, count=1)

    assert client.ask("GET", f"/gmail/v1/users/{LUZ}/messages")["error"]["code"] == 403
    assert "error" not in client.ask("GET", f"/gmail/v1/users/{ANA}/messages")


def test_token_for_metadata_gets_no_content_and_no_search(google) -> None:
    client = open_mailbox(google, scopes=(f"{SCOPE}metadata",), count=2)
    key = ids(client)[0]

    for form in ("full", "raw"):
        assert client.ask("GET", f"{ME}/messages/{key}", format=form)["error"]["code"] == 403
    assert client.ask("GET", f"{ME}/messages", q="hola")["error"]["code"] == 403
    assert "payload" in client.ask("GET", f"{ME}/messages/{key}", format="metadata")


@pytest.mark.parametrize(
    ("user", "code", "words"),
    [
        ({"suspended": True}, 401, "invalid authentication"),
        ({"isMailboxSetup": False}, 400, "Mail service not enabled"),
        (None, 400, "Precondition check failed"),
    ],
)
def test_account_without_a_mailbox_that_works_is_refused(google, user, code, words) -> None:
    if user is not None:
        Accounts(google.state).put_user({"primaryEmail": ANA, **user})
    client = LocalClient(google, ANA, scopes=(f"{SCOPE}modify",))

    error = client.ask("GET", f"{ME}/profile")["error"]

    assert error["code"] == code
    assert words in error["message"]


# Lists and searches


def test_list_is_newest_first_in_pages_that_hold_everything_once(google) -> None:
    client = open_mailbox(google, count=25, curious_every=2)

    paged = ids(client, maxResults=4, includeSpamTrash="true")

    assert paged == ids(client, includeSpamTrash="true")
    dates = [int(client.ask("GET", f"{ME}/messages/{key}", format="minimal")["internalDate"]) for key in paged]
    assert dates == sorted(dates, reverse=True)
    assert len(set(paged)) == client.ask("GET", f"{ME}/profile")["messagesTotal"] == 25


def test_page_keeps_its_place_while_mail_comes_and_goes(google) -> None:
    client = open_mailbox(google, count=12)
    everything = ids(client, includeSpamTrash="true")
    page = client.ask("GET", f"{ME}/messages", maxResults=5, includeSpamTrash="true")

    put(client, b"Subject: nuevo\r\n\r\n")
    client.ask("DELETE", f"{ME}/messages/{everything[2]}")
    client.token = LocalClient(google, ANA, scopes=(WHOLE,)).token
    assert client.send("DELETE", f"{ME}/messages/{everything[2]}").status == 204
    rest = client.ask("GET", f"{ME}/messages", pageToken=page["nextPageToken"], includeSpamTrash="true")

    assert [message["id"] for message in rest["messages"]] == everything[5:]


def test_spam_and_trash_are_listed_when_asked_for(google) -> None:
    client = open_mailbox(google, count=4, kinds=("spam", "trash", "draft", "chat"))
    labels = {
        key: client.ask("GET", f"{ME}/messages/{key}", format="minimal")["labelIds"]
        for key in ids(client, includeSpamTrash="true")
    }

    assert sorted(label for (label,) in labels.values()) == ["CHAT", "DRAFT", "SPAM", "TRASH"]
    assert sorted(labels[key][0] for key in ids(client)) == ["CHAT", "DRAFT"]
    assert [labels[key] for key in ids(client, q="-is:chat")] == [["DRAFT"]]
    assert [labels[key] for key in ids(client, q="in:spam")] == [["SPAM"]]
    assert [labels[key] for key in ids(client, labelIds="TRASH", includeSpamTrash="true")] == [["TRASH"]]


def test_search_finds_by_header_date_label_and_text(google) -> None:
    client = open_mailbox(google)
    one = put(
        client,
        "From: Ana Ñáñez <ana@x.example>\r\nTo: b@y.example\r\nSubject: =?UTF-8?B?QcOxbw==?= nuevo\r\n"
        "Date: Mon, 05 Jan 2026 10:00:00 -0500\r\nMessage-ID: <uno@x.example>\r\n\r\nmanzana\r\n".encode(),
        "INBOX",
        internalDateSource="dateHeader",
    )["id"]
    put(
        client,
        b"From: c@z.example\r\nSubject: otro\r\nDate: Fri, 06 Feb 2026 10:00:00 -0500\r\n\r\npera\r\n",
        internalDateSource="dateHeader",
    )

    for query in (
        "from:ñáñez", "subject:año", "to:b@y.example", "rfc822msgid:<uno@x.example>", "rfc822msgid:uno@x.example",
        "before:2026/02/01", "-after:2026/02/01", "in:inbox", "label:INBOX", "manzana", '"año nuevo"',
        "from:ana in:anywhere",
    ):  # fmt: skip
        assert ids(client, q=query) == [one], query
    assert ids(client, q="from:ana after:2026/02/01") == []


@pytest.mark.parametrize("query", ["{a b}", "(a)", "a OR b", "larger:5M", "is:rara", "has:drive", "after:ayer"])
def test_search_that_is_not_known_is_refused_and_never_silently_wider(google, query) -> None:
    client = open_mailbox(google, count=3)

    assert client.ask("GET", f"{ME}/messages", q=query)["error"]["code"] == 400


@pytest.mark.parametrize("token", ["x", "-1", "9" * 60])
def test_page_token_that_is_none_is_refused(google, token) -> None:
    client = open_mailbox(google, count=3)

    assert client.ask("GET", f"{ME}/messages", pageToken=token)["error"]["code"] == 400


def test_list_of_an_empty_mailbox_has_no_messages(google) -> None:
    client = open_mailbox(google)

    assert client.ask("GET", f"{ME}/messages") == {"resultSizeEstimate": 0}
