"""The calls of the Drive API that a shared drive needs, as the service account itself: nobody is acted for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode

import orjson

from copias.google.errors import GoogleMissing
from copias.google.retry import Sort, Trouble, classify_answer
from copias.google.scopes import DRIVE
from copias.google.service import GoogleService, execute

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from copias.google.settings import GoogleSettings
    from copias.google.transport import Answer

FOLDER: t.Final = "application/vnd.google-apps.folder"
_NATIVE: t.Final = "application/vnd.google-apps."
"""Beginning of the type of what has no bytes: folders, shortcuts, documents."""
_BYTES: t.Final = "application/octet-stream"
_GOOGLE: t.Final = "https://www.googleapis.com/"
_FIELDS: t.Final = "id,name,mimeType,size,createdTime,modifiedTime,parents,trashed,sha256Checksum,md5Checksum"
_PAGE: t.Final = 1000
_RIGHTS: t.Final = ("canAddChildren", "canRename", "canTrashChildren", "canDownload")


@dataclass(frozen=True)
class Item:
    """A file or folder of the drive. ``bytes`` is ``None`` for what has no content of its own."""

    id: str
    name: str
    kind: str
    bytes: int | None
    created: str
    modified: datetime
    parents: tuple[str, ...]
    trashed: bool
    sha256: str
    md5: str

    @property
    def age(self) -> tuple[str, str]:
        """Return what orders items of one name: the oldest is the one that counts."""
        return self.created, self.id

    @property
    def is_file(self) -> bool:
        """Tell whether it has content of its own; a shortcut has not."""
        return not self.kind.startswith(_NATIVE)

    @property
    def digest(self) -> tuple[int | None, str]:
        """Return what two files of the same content share."""
        return self.bytes, self.sha256 or self.md5


class DriveClient:
    """One shared drive. Every method raises the errors of :mod:`copias.google.errors`.

    Args:
        settings: of the deployment; the account to act for is left aside.
        drive: the drive's id.
        store: the store's logical name, for messages.
    """

    def __init__(self, settings: GoogleSettings, drive: str, *, store: str) -> None:
        own = settings.model_copy(update={"subject": None})
        self.drive = drive
        self.service = GoogleService(("drive", "v3"), own, scopes=(DRIVE,))
        self._base = settings.endpoint or _GOOGLE
        self._store = store

    def missing_rights(self) -> tuple[str, ...]:
        """Return Google's words for what this account may not do in the drive, none when it may do all we need."""
        request = self.service.resource.drives().get(driveId=self.drive, fields="id,capabilities")
        found = self._call(request, "abrir la unidad compartida").get("capabilities", {})
        return tuple(right for right in _RIGHTS if not found.get(right, False))

    def permissions(self) -> Iterator[dict[str, t.Any]]:
        """Yield who may do what in the drive: ``type``, ``role``, ``emailAddress`` or ``domain``."""
        token = None
        while True:
            request = self.service.resource.permissions().list(
                fileId=self.drive,
                supportsAllDrives=True,
                pageToken=token,
                fields="nextPageToken,permissions(id,type,role,emailAddress,domain,expirationTime)",
            )
            answer = self._call(request, "leer quién tiene acceso a la unidad compartida")
            yield from answer.get("permissions", ())
            token = answer.get("nextPageToken")
            if not token:
                return

    def generate_id(self) -> str:
        """Return an id that nothing has yet."""
        request = self._files.generateIds(count=1, space="drive", type="files")
        return str(self._call(request, "pedir un identificador")["ids"][0])

    def get(self, identifier: str) -> Item | None:
        """Return an item, in the trash too; ``None`` when there is none that this account sees."""
        request = self._files.get(fileId=identifier, supportsAllDrives=True, fields=_FIELDS)
        try:
            return _item(self._call(request, "consultar un archivo"))
        except GoogleMissing:
            return None

    def children(self, folders: Iterable[str], *, name: str | None = None) -> Iterator[Item]:
        """Yield what lies in some folders and not in the trash; only what has that name, when one is given."""
        within = " or ".join(f"'{folder}' in parents" for folder in folders)
        named = f" and name = '{_quoted(name)}'" if name is not None else ""
        query, token = f"({within}) and trashed = false{named}", None
        while True:
            request = self._files.list(
                q=query,
                corpora="drive",
                driveId=self.drive,
                includeItemsFromAllDrives=True,
                supportsAllDrives=True,
                pageSize=_PAGE,
                pageToken=token,
                fields=f"nextPageToken,files({_FIELDS})",
            )
            answer = self._call(request, "listar la unidad compartida")
            yield from (_item(raw) for raw in answer.get("files", ()))
            token = answer.get("nextPageToken")
            if not token:
                return

    def create_folder(self, identifier: str, name: str, *, parent: str) -> None:
        """Create a folder with an id of :meth:`generate_id`; the same call again finds it done."""
        body = {"id": identifier, "name": name, "mimeType": FOLDER, "parents": [parent]}
        request = self._files.create(body=body, supportsAllDrives=True, fields="id")

        def once() -> None:
            try:
                execute(request)
            except Trouble as trouble:
                if not _is_there(trouble):
                    raise

        self.service.run(once, what=f"no se pudo crear la carpeta {name}", whose=self._store)

    def update(self, item: Item, **changes: t.Any) -> Item:
        """Change an item's metadata: ``name``, ``trashed``; or ``parent``, which moves it."""
        parent = changes.pop("parent", None)
        move = {"addParents": parent, "removeParents": ",".join(item.parents)} if parent else {}
        request = self._files.update(fileId=item.id, body=changes, supportsAllDrives=True, fields=_FIELDS, **move)
        return _item(self._call(request, f"cambiar {item.name}"))

    def read(self, item: Item, start: int, end: int) -> bytes:
        """Return the bytes of a file from ``start`` up to ``end``, without it.

        Raises:
            GoogleBadRequest: it ends before.
        """
        if end <= start:
            return b""
        uri = f"{self._base}drive/v3/files/{item.id}?{urlencode({'alt': 'media', 'supportsAllDrives': 'true'})}"
        # Compressed, a range would be one of the compressed bytes.
        headers = {"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"}

        def once() -> bytes:
            _, content = self.send("GET", uri, headers=headers)
            if len(content) != end - start:
                raise Trouble(Sort.TRANSIENT, "range", f"llegaron {len(content)} bytes de {end - start}")
            return content

        return self.service.run(once, what=f"no se pudo leer {item.name}", whose=self._store)

    def begin_upload(self, identifier: str, name: str, *, parent: str, total: int | None) -> str | None:
        """Return the address of a new upload session, ``None`` when a file has that id already.

        Whoever knows the address can write to the file: it is as secret as a token.
        """
        query = urlencode({"uploadType": "resumable", "supportsAllDrives": "true", "fields": "id"})
        body = {"id": identifier, "name": name, "parents": [parent], "mimeType": _BYTES}
        headers = {"Content-Type": "application/json; charset=UTF-8", "X-Upload-Content-Type": _BYTES}
        if total is not None:
            headers["X-Upload-Content-Length"] = str(total)

        def once() -> str | None:
            uri = f"{self._base}upload/drive/v3/files?{query}"
            try:
                answer, _ = self.send("POST", uri, body=orjson.dumps(body), headers=headers)
            except Trouble as trouble:
                if _is_there(trouble):
                    return None
                raise
            if "location" not in answer:
                raise Trouble(Sort.TRANSIENT, "location", "Google no dijo adónde enviar el contenido")
            return answer["location"]

        return self.service.run(once, what=f"no se pudo empezar la carga de {name}", whose=self._store)

    def send(
        self,
        verb: str,
        uri: str,
        *,
        body: t.Any = None,
        headers: Mapping[str, str] | None = None,
        good: frozenset[int] = frozenset(),
    ) -> tuple[Answer, bytes]:
        """Make one try of one request, inside of :meth:`copias.google.service.GoogleService.run`.

        Raises:
            Trouble: the status is neither 2xx nor one of ``good``.
        """
        answer, content = self.service.http.request(uri, verb, body, headers)
        if 200 <= answer.status < 300 or answer.status in good:
            return answer, content
        raise classify_answer(answer.status, answer, content)

    def close(self) -> None:
        """Let the connections go."""
        self.service.http.close()

    @cached_property
    def _files(self) -> t.Any:
        return self.service.resource.files()

    def _call(self, request: t.Any, doing: str) -> dict[str, t.Any]:
        return self.service.call(request, what=f"no se pudo {doing}", whose=self._store)


def _item(raw: Mapping[str, t.Any]) -> Item:
    size = raw.get("size")
    return Item(
        id=str(raw["id"]),
        name=str(raw["name"]),
        kind=str(raw["mimeType"]),
        bytes=None if size is None else int(size),
        created=str(raw["createdTime"]),
        modified=datetime.fromisoformat(raw["modifiedTime"]).astimezone(UTC),
        parents=tuple(raw.get("parents", ())),
        trashed=bool(raw.get("trashed", False)),
        sha256=str(raw.get("sha256Checksum", "")),
        md5=str(raw.get("md5Checksum", "")),
    )


def _is_there(trouble: Trouble) -> bool:
    """Tell whether a create was refused because an earlier one, whose answer was lost, was done."""
    return trouble.reason == "fileIdInUse"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
