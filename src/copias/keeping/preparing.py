"""A store is prepared once; an empty folder in the place of one that keeps copies is not taken for it."""

from __future__ import annotations

import typing as t

from copias.errors import NotReady
from copias.keeping.files import kept_copies
from copias.package.texts import say_count

if t.TYPE_CHECKING:
    from copias.office import Office


def prepare_store(office: Office, name: str, *, anyway: bool = False) -> None:
    """Mark a place as a store. A second call changes nothing.

    The mark lies beside the copies. Where the ledger knows of copies and the mark is gone, the NAS is most often not
    mounted, and a mark in the empty folder below it would let the next copies fill this machine's own disk.

    Args:
        office: whose store it is.
        name: logical name.
        anyway: mark it although the ledger knows of copies in it: somebody removed the mark, or everything is lost.

    Raises:
        BadConfiguration: there is no store of that name.
        NotReady: it is marked as another store, or has no mark and should keep copies.
        StoreUnavailable: it does not answer.
    """
    store = office.open_store(name)
    kept = [] if anyway else [record for _, record in kept_copies(office) if record.store == name]
    if kept:
        try:
            store.stat(kept[-1].package)
        except NotReady as error:
            raise NotReady(
                "el destino no es nuevo, y ahí no está su marca",
                whose=name,
                why=f"la bitácora dice que guarda {say_count(len(kept), 'copia')}; {error.why}",
                repair="monte la unidad de siempre; solo si alguien le borró la marca, o se perdió y empieza vacía: "
                f"copias store init {name} --anyway, y después copias store verify {name} --all dice qué falta",
            ) from error
    store.prepare()
