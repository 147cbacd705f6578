"""``google-api-python-client`` copying a mailbox into the same mirror, in a process of its own.

``python peer.py single|batch FACTS``. What it fetches goes into the same sink: what differs is the way from Google
to a message. As in Google's own samples, the standard library decodes the content.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import google_auth_httplib2
import httplib2
from google.oauth2 import service_account
from googleapiclient import discovery, discovery_cache
from peak import peak_bytes

from copias.google.scopes import GMAIL_READ
from copias.mailbox.fetching import COMMIT_MESSAGES
from copias.mailbox.mirror import Mirror, NewMessage

BATCH = 50
"""Calls in a batch: what Gmail advises."""
FIELDS = "id,threadId,labelIds,historyId,internalDate,sizeEstimate,raw"


def main() -> None:
    verb, facts = sys.argv[1], json.loads(sys.argv[2])
    service = open_service(facts)
    begun, before = time.perf_counter(), time.process_time()
    count = copy(service, verb, facts)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "messages": count,
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - before,
        "all_cpu": used.ru_utime + used.ru_stime,
        "peak": peak_bytes(),
    }
    print(json.dumps(figures))


def open_service(facts: dict[str, Any]) -> Any:
    """Point the client to the sandbox: its own discovery document with another root."""
    google = facts["google"]
    credentials = service_account.Credentials.from_service_account_file(
        google["key_file"], scopes=[GMAIL_READ], subject=facts["accounts"][0]
    )
    http = httplib2.Http(ca_certs=google["ca_file"], proxy_info=None)
    document = json.loads(discovery_cache.get_static_doc("gmail", "v1"))
    document.pop("mtlsRootUrl", None)
    document["rootUrl"] = google["endpoint"] + "/"
    return discovery.build_from_document(document, http=google_auth_httplib2.AuthorizedHttp(credentials, http=http))


def copy(service: Any, verb: str, facts: dict[str, Any]) -> int:
    """List the ids, fetch so many, and put them into a mirror as ours does, committed as often."""
    (account,) = facts["accounts"]
    count = 0
    ids = islice(list_ids(service), facts["count"])
    with Mirror.open(Path(facts["folder"]) / f"{verb}-{account}", account=account) as mirror:
        for message in {"single": one_by_one, "batch": in_batches}[verb](service, ids):
            keep(mirror, message)
            count += 1
            if count % COMMIT_MESSAGES == 0:
                mirror.commit()
        mirror.commit()
    return count


def list_ids(service: Any) -> Iterator[str]:
    messages = service.users().messages()
    request = messages.list(
        userId="me", maxResults=500, includeSpamTrash=True, fields="messages/id,nextPageToken,resultSizeEstimate"
    )
    while request is not None:
        page = request.execute()
        for message in page.get("messages", ()):
            yield message["id"]
        request = messages.list_next(request, page)


def one_by_one(service: Any, ids: Iterator[str]) -> Iterator[dict[str, Any]]:
    messages = service.users().messages()
    for key in ids:
        yield messages.get(userId="me", id=key, format="raw", fields=FIELDS).execute()


def in_batches(service: Any, ids: Iterator[str]) -> Iterator[dict[str, Any]]:
    messages = service.users().messages()
    while chunk := list(islice(ids, BATCH)):
        found: list[dict[str, Any]] = []
        batch = service.new_batch_http_request(
            callback=lambda _, message, error, found=found: take(found, message, error)
        )
        for key in chunk:
            batch.add(messages.get(userId="me", id=key, format="raw", fields=FIELDS))
        batch.execute()
        yield from found


def take(found: list[dict[str, Any]], message: dict[str, Any], error: Exception | None) -> None:
    if error is not None:
        raise error
    found.append(message)


def keep(mirror: Mirror, message: dict[str, Any]) -> None:
    mirror.add(
        NewMessage(
            id=message["id"],
            thread_id=message["threadId"],
            labels=tuple(message.get("labelIds", ())),
            history_id=int(message["historyId"]),
            internal_date=int(message["internalDate"]),
            content=base64.urlsafe_b64decode(message["raw"]),
        )
    )


if __name__ == "__main__":
    main()
