"""Choosing a copy of an account and opening it, trusted."""

from __future__ import annotations

import typing as t
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from copias.case.catalogue import list_copies
from copias.errors import Altered, BadInput, NotReady
from copias.mailbox.mirror import MirrorReader, has_first_copy
from copias.mailbox.restore.source import MirrorSource, PackageSource
from copias.mailbox.status import mirror_folder

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from copias.case.catalogue import CataloguedCopy
    from copias.mailbox.restore.source import MessageSource
    from copias.office import Office
    from copias.package import Manifest
    from copias.package.signing import TrustedKeys

Kind: t.TypeAlias = t.Literal["mirror", "copy", "file"]
_MAILBOX_KINDS: t.Final = frozenset({"mailbox", "manual"})
"""Kinds of copy whose package is a mailbox: one made from Gmail, and a Takeout that a user delivered."""


@dataclass(frozen=True)
class SourceName:
    """A copy, by what finds it again in another process.

    Args:
        kind: the account's ``mirror``, a ``copy`` of the catalogue, or a package's ``file``.
        name: the account, the copy's id, or the absolute path.
        keys: files of public keys that a package's file may be signed with, beside this installation's.
    """

    kind: Kind
    name: str
    keys: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, t.Any]:
        """Return plain data, as the ledger gives it back."""
        return {**asdict(self), "keys": list(self.keys)}

    @classmethod
    def from_dict(cls, data: dict[str, t.Any]) -> t.Self:
        """Return what :meth:`to_dict` gave."""
        return cls(data["kind"], data["name"], tuple(data["keys"]))

    @property
    def copy_name(self) -> str:
        """Return what an opening of it names: the copy's id, or which mirror or file it is."""
        return self.name if self.kind == "copy" else f"espejo de {self.name}" if self.kind == "mirror" else str(self)

    def __str__(self) -> str:
        """Return it for people."""
        return {"mirror": "espejo local", "copy": f"copia {self.name}", "file": f"paquete {self.name}"}[self.kind]


def choose_source(office: Office, account: str, *, copy_id: str | None = None) -> SourceName:
    """Return the copy that is asked for, else a mirror whose first copy is whole, else the newest proven package.

    Raises:
        BadInput: there is no such copy of the account.
        NotReady: the account has no copy.
    """
    proven = [found for found in list_copies(office, subject=account) if found.proven and found.kind in _MAILBOX_KINDS]
    if copy_id is not None:
        if copy_id not in {found.copy_id for found in proven}:
            raise BadInput(
                "no hay una copia probada así de esa cuenta",
                whose=ascii(copy_id[:120]),
                why=f"hay: {', '.join(found.copy_id for found in proven) or 'ninguna'}",
                repair=f"vea `copias copies --account {account}`",
            )
        return SourceName("copy", copy_id)
    if has_first_copy(mirror_folder(office.deployment, account)):
        return SourceName("mirror", account)
    if not proven:
        raise NotReady(
            "la cuenta no tiene copias",
            whose=account,
            why="no hay un espejo ni un paquete probado en la bitácora",
            repair="si tiene el archivo del paquete: copias restore con --package",
        )
    return SourceName("copy", proven[-1].copy_id)


@contextmanager
def open_source(office: Office, name: SourceName, *, account: str) -> Iterator[MessageSource]:
    """Open a copy of an account; of a package no more is read than its list.

    Raises:
        NotReady: it is another account's, or not there any more.
        Altered: it is damaged, or nobody trusted signed it.
        StoreUnavailable: its store does not answer.
    """
    with ExitStack() as stack:
        if name.kind == "mirror":
            mirror = stack.enter_context(MirrorReader.open(mirror_folder(office.deployment, name.name)))
            source: MessageSource = MirrorSource(mirror)
        elif name.kind == "copy":
            source = stack.enter_context(_open_copy(office, name.name))
        else:
            source = stack.enter_context(_open_file(office, name))
        if source.account != account:
            raise NotReady(
                "la copia es de otra cuenta",
                whose=str(name),
                why=f"es de {source.account} y el caso es de {account}",
                repair="use una copia de la cuenta del caso",
            )
        yield source


@contextmanager
def _open_copy(office: Office, copy_id: str) -> Iterator[PackageSource]:
    """Open a package where it is stored; each message is fetched by itself."""
    from copias.case.evidence import manifest_name
    from copias.package import MailboxReader
    from copias.package.manifest import read_manifest_from

    copy = _find_copy(office, copy_id)
    with ExitStack() as stack:
        store = office.open_store(copy.store)
        stack.callback(store.close)
        with store.open(manifest_name(copy.package)) as stream:
            manifest = read_manifest_from(stream)
        _require_signed(manifest, _trusted(office))
        if manifest.package is None or manifest.package.sha256 != copy.sha256:
            raise Altered("el manifiesto del destino es de otro paquete", whose=copy_id)
        folder = copy.package.rpartition("/")[0]
        names = [copy.package, *(f"{folder}/{part.name}" for part in manifest.parts)]
        package = MailboxReader([stack.enter_context(store.open(part)) for part in names], manifest)
        package.check_index()
        yield PackageSource(package)


@contextmanager
def _open_file(office: Office, name: SourceName) -> Iterator[PackageSource]:
    from copias.package import open_mailbox

    with open_mailbox(Path(name.name)) as package:
        _require_signed(package.manifest, _trusted(office, *map(Path, name.keys)))
        package.check_index()
        yield PackageSource(package)


def _find_copy(office: Office, copy_id: str) -> CataloguedCopy:
    found = next((copy for copy in list_copies(office) if copy.copy_id == copy_id), None)
    if found is None or not found.proven:
        raise NotReady("la copia ya no está entre las probadas", whose=copy_id, repair="vea `copias copies`")
    return found


def _trusted(office: Office, *keys: Path) -> TrustedKeys:
    from copias.package import load_trusted, public_path

    own = public_path(office.deployment.signing_key)
    return load_trusted([*([own] if own.is_file() else []), *keys])


def _require_signed(manifest: Manifest, trusted: TrustedKeys) -> None:
    from copias.package import check_signature

    check_signature(manifest, trusted)
