"""A mailbox of Gmail: what a copy reads, and what a restore and a notice write."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import quote, urlencode

import orjson

from copias.google.errors import (
    GoogleBadRequest,
    GoogleMissing,
    GoogleRefused,
    GoogleUnavailable,
    HistoryExpired,
)
from copias.google.gmail_history import read_history_page
from copias.google.gmail_model import (
    HistoryPage,
    Label,
    MinimalMessage,
    Profile,
    RawMessage,
    read_minimal,
    read_object,
    read_raw,
)
from copias.google.gmail_upload import multipart, upload_resumable
from copias.google.session import ApiCall

if t.TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from copias.google.session import GoogleSession

__all__ = ["Gmail", "HistoryPage", "Label", "MinimalMessage", "Profile", "RawMessage"]

Value = t.TypeVar("Value")

PAGE: t.Final = 500
LARGEST_MULTIPART: t.Final = 4 * 2**20
"""Bytes above which a message is uploaded in a way that can go on after a break."""
_MINIMAL: t.Final = "id,threadId,labelIds,historyId,internalDate,sizeEstimate"
_RAW_QUERY: t.Final = f"?format=raw&fields={_MINIMAL},raw"
_MINIMAL_QUERY: t.Final = f"?format=minimal&fields={_MINIMAL}"


@dataclass(frozen=True)
class Gmail:
    """One account's mailbox.

    Args:
        session: the way to Google.
        account: the account's address.
        scopes: the least that what will be called needs; see :mod:`copias.google.scopes`.
    """

    session: GoogleSession
    account: str
    scopes: tuple[str, ...]

    async def profile(self) -> Profile:
        """Return the mailbox's totals and where its history stands.

        Raises:
            GoogleRefused: it is another account's: leave to copy one mailbox is none to copy that.
        """
        found = t.cast("Profile", await self._ask("getProfile", "profile", "no se leyó el buzón", read=_read_profile))
        if found.address.lower() != self.account.lower():
            raise GoogleRefused(
                "Google abrió el buzón de otra cuenta",
                whose=self.account,
                why=f"respondió {found.address}: le cambiaron el nombre a la cuenta, o su consentimiento es de otra",
                repair="use la dirección principal de la cuenta, y pídale otro consentimiento si entró con uno",
            )
        return found

    async def labels(self) -> tuple[Label, ...]:
        """Return all labels, the system's too."""
        path = "labels?fields=labels(id,name,type)"
        return t.cast(
            "tuple[Label, ...]", await self._ask("labels.list", path, "no se leyeron las etiquetas", read=_read_labels)
        )

    async def count_label(self, label: str) -> int:
        """Return how many messages have a label.

        Raises:
            GoogleMissing: there is no such label.
        """
        path = f"labels/{quote(label, safe='')}?fields=messagesTotal"
        return t.cast("int", await self._ask("labels.get", path, "no se leyó la etiqueta", read=_read_total))

    async def list_ids(
        self, *, include_spam_trash: bool = True, query: str = "", label: str = ""
    ) -> AsyncIterator[tuple[str, ...]]:
        """Yield the ids of all messages, a page at a time; an id that moved between pages may come twice.

        Args:
            include_spam_trash: also those in spam and trash.
            query: as in Gmail's search box; not possible with every scope.
            label: id of a label that they must have.

        Raises:
            GoogleUnavailable: a page does not come, or comes again: the list is never silently shorter.
        """
        given = {"maxResults": PAGE, "includeSpamTrash": str(include_spam_trash).lower(), "q": query, "labelIds": label}
        asked = {name: value for name, value in given.items() if value}
        asked["fields"] = "messages/id,nextPageToken,resultSizeEstimate"
        what = "no se leyó la lista de mensajes"
        async for page in self._pages("messages.list", "messages", asked, what, read=_read_ids):
            yield page

    async def history(self, since: int) -> AsyncIterator[HistoryPage]:
        """Yield what changed since a history id, oldest first.

        Raises:
            HistoryExpired: Gmail does not know that any more.
        """
        asked = {"startHistoryId": since, "maxResults": PAGE}
        what = "no se leyeron los cambios del buzón"
        try:
            async for page in self._pages("history.list", "history", asked, what, read=read_history_page):
                yield page
        except GoogleMissing as error:
            raise HistoryExpired(error.what, whose=error.whose, why=error.why) from error

    async def raw(self, message_id: str) -> RawMessage:
        """Return a message as it is.

        Raises:
            GoogleMissing: it is gone.
            GoogleRefused, GoogleBadRequest: the API does not give it.
            GoogleUnavailable: it does not come whole.
        """
        path = f"messages/{quote(message_id, safe='')}{_RAW_QUERY}"
        what = f"no se leyó el mensaje {message_id}"
        return t.cast("RawMessage", await self._ask("messages.get", path, what, read=partial(read_raw, message_id)))

    async def minimal(self, message_id: str) -> MinimalMessage:
        """Return what is known of a message without its content; raises as :meth:`raw`."""
        path = f"messages/{quote(message_id, safe='')}{_MINIMAL_QUERY}"
        what = f"no se leyó el mensaje {message_id}"
        return t.cast(
            "MinimalMessage", await self._ask("messages.get", path, what, read=partial(read_minimal, message_id))
        )

    async def create_label(self, name: str) -> Label:
        """Return the label of a name, made when there is none."""
        body = {"name": name, "labelListVisibility": "labelShow", "messageListVisibility": "show"}
        # The name is its owner's, and what an error says comes into the ledger.
        call = self._call("labels.create", "labels", "no se creó una etiqueta", read=_read_label)
        try:
            return t.cast("Label", (await self.session.request(_with_json(call, body))).value)
        except GoogleBadRequest:
            # Gmail's 409: it exists. Names are compared without case.
            same = [label for label in await self.labels() if label.name.casefold() == name.casefold()]
            if not same:
                raise
            return next((label for label in same if label.name == name), same[0])

    async def import_message(self, content: bytes, labels: Sequence[str] = ()) -> str:
        """Put a message into the mailbox as it is, with its own date, and return its new id.

        Raises:
            GoogleUnavailable: ``maybe_done`` when it may be there although no answer came: look before trying again.
        """
        query = "internalDateSource=dateHeader&neverMarkSpam=true&fields=id"
        what = "no se devolvió el mensaje al buzón"
        return await self._upload("messages.import", "messages/import", query, what, content, {"labelIds": [*labels]})

    async def send(self, content: bytes) -> str:
        """Send a message and return its id; ``maybe_done`` as in :meth:`import_message`."""
        return await self._upload("messages.send", "messages/send", "fields=id", "no se envió el mensaje", content, {})

    async def _upload(
        self, method: str, path: str, query: str, what: str, content: bytes, metadata: dict[str, t.Any]
    ) -> str:
        large = len(content) > LARGEST_MULTIPART
        kind = "resumable" if large else "multipart"
        call = ApiCall(
            method=f"gmail.users.{method}",
            account=self.account,
            scopes=self.scopes,
            path=f"upload/gmail/v1/users/me/{path}?uploadType={kind}&{query}",
            what=what,
            verb="POST",
            repeatable=False,
            read=_read_id,
        )
        if large:
            return str(await upload_resumable(self.session, call, metadata, content))
        return str((await self.session.request(multipart(call, metadata, content))).value)

    async def _pages(
        self, method: str, path: str, asked: dict[str, t.Any], what: str, *, read: t.Callable[[dict[str, t.Any]], Value]
    ) -> AsyncIterator[Value]:
        seen = {""}
        token = ""
        while True:
            query = urlencode({**asked, "pageToken": token} if token else asked, safe="/,()")
            page, token = await self._ask(method, f"{path}?{query}", what, read=partial(_read_page, read))
            yield page
            if not token:
                return
            if token in seen:
                raise GoogleUnavailable(what, whose=self.account, why="Google repite una página", repair="repita luego")
            seen.add(token)

    async def _ask(self, method: str, path: str, what: str, *, read: t.Callable[[bytes], t.Any]) -> t.Any:
        return (await self.session.request(self._call(method, path, what, read=read))).value

    def _call(self, method: str, path: str, what: str, *, read: t.Callable[[bytes], t.Any]) -> ApiCall:
        return ApiCall(
            method=f"gmail.users.{method}",
            account=self.account,
            scopes=self.scopes,
            path=f"gmail/v1/users/me/{path}",
            what=what,
            read=read,
        )


def _with_json(call: ApiCall, body: dict[str, t.Any]) -> ApiCall:
    return replace(call, verb="POST", body=orjson.dumps(body), headers={"Content-Type": "application/json"})


def _read_page(read: t.Callable[[dict[str, t.Any]], Value], body: bytes) -> tuple[Value, str]:
    page = read_object(body)
    return read(page), str(page.get("nextPageToken", ""))


def _read_ids(page: dict[str, t.Any]) -> tuple[str, ...]:
    return tuple(str(message["id"]) for message in page.get("messages", ()))


def _read_profile(body: bytes) -> Profile:
    answer = read_object(body)
    return Profile(
        str(answer["emailAddress"]),
        int(answer["messagesTotal"]),
        int(answer["threadsTotal"]),
        int(answer["historyId"]),
    )


def _read_total(body: bytes) -> int:
    return int(read_object(body).get("messagesTotal", 0))


def _read_labels(body: bytes) -> tuple[Label, ...]:
    return tuple(_label(raw) for raw in read_object(body).get("labels", ()))


def _read_label(body: bytes) -> Label:
    return _label(read_object(body))


def _label(raw: dict[str, t.Any]) -> Label:
    return Label(str(raw["id"]), str(raw["name"]), str(raw.get("type", "user")))


def _read_id(body: bytes) -> str:
    return str(read_object(body)["id"])
