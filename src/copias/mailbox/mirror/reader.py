"""Looking at a mirror without its lock: each call sees what is committed then."""

from __future__ import annotations

import typing as t
from contextlib import closing, contextmanager

from copias.errors import NotReady
from copias.helpdesk.words import plain
from copias.mailbox.mirror.contents import SegmentReader
from copias.mailbox.mirror.index import Index
from copias.mailbox.mirror.layout import INDEX
from copias.mailbox.mirror.model import Held, MirrorMessage, MirrorState, Search
from copias.mailbox.mirror.opening import check_format
from copias.mailbox.mirror.verification import verify_messages

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class MirrorReader:
    """A mirror to look at, as :meth:`open` gives it. What one iterator yields is of one moment."""

    def __init__(self, folder: Path, index: Index, contents: SegmentReader) -> None:
        self.folder = folder
        self._index = index
        self._contents = contents
        index.define("plain", plain)

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator[t.Self]:
        """Open a mirror.

        Raises:
            NotReady: there is none, or another version of copias wrote it.
            Altered: the index is damaged.
        """
        if not (folder / INDEX).is_file():
            raise NotReady("no hay un espejo de ese buzón", whose=folder.name, repair="cópielo primero con un caso")
        with closing(Index(folder / INDEX)) as index:
            check_format(index, folder)
            with closing(SegmentReader(folder, account=index.fact("account"))) as contents:
                yield cls(folder, index, contents)

    @property
    def account(self) -> str:
        """Return the account's address."""
        return str(self._index.fact("account"))

    @property
    def owner(self) -> str:
        """Return Google's id of the account, which another person's has not; empty while it is not known."""
        return self._index.owner

    @property
    def state(self) -> MirrorState:
        """Return how far the mirror is with its mailbox."""
        return self._index.state

    def labels(self) -> dict[str, tuple[str, str]]:
        """Return id → name and type of the labels."""
        return self._index.labels()

    @property
    def journal_length(self) -> int:
        """Return the committed length of the journal: each commit has its own."""
        return int(self._index.fact("journal"))

    def copy_index(self, path: Path) -> None:
        """Write the index as it is committed now to a new file."""
        self._index.copy_to(path)

    # Messages

    def message(self, key: str) -> MirrorMessage | None:
        """Return a message's row."""
        return self._index.message(key)

    def ids(self) -> frozenset[str]:
        """Return the ids of all messages."""
        return self._index.ids()

    def messages(self) -> Iterator[MirrorMessage]:
        """Yield all rows in the order in which they lie on the disk, which is quickest to read and to pack."""
        return self._index.select()

    def search(self, search: Search) -> Iterator[MirrorMessage]:
        """Yield the rows that a search finds, oldest first."""
        where, values = ["1"], list[t.Any]()
        for column, text in (("sender", search.sender), ("subject", search.subject)):
            if text:
                where.append(f"instr(plain({column}), ?)")
                values.append(plain(text))
        for comparison, moment in (("internal_date >= ?", search.since), ("internal_date < ?", search.until)):
            if moment is not None:
                where.append(comparison)
                values.append(moment)
        if search.label:
            where.append("EXISTS (SELECT 1 FROM json_each(labels) WHERE value = ?)")
            values.append(search.label)
        return self._index.select(" AND ".join(where), values, order="internal_date, id")

    def totals(self) -> dict[str, int]:
        """Return messages, deleted (kept here), bytes, packed (compressed bytes), first and last (milliseconds)."""
        (row,) = self._index.query(
            "SELECT count(*), count(deleted_at), coalesce(sum(bytes), 0), coalesce(sum(length), 0),"
            " coalesce(min(internal_date), 0), coalesce(max(internal_date), 0) FROM message"
        )
        return dict(zip(("messages", "deleted", "bytes", "packed", "first", "last"), row, strict=True))

    def came_since(self, moment: int) -> int:
        """Return how many messages are dated since a moment, milliseconds since 1970."""
        ((count,),) = self._index.query("SELECT count(*) FROM message WHERE internal_date >= ?", (moment,))
        return int(count)

    def live(self) -> Held:
        """Return how much is here of what the mailbox still has."""
        query = "SELECT count(*), coalesce(sum(bytes), 0) FROM message WHERE deleted_at IS NULL"
        return next(map(Held._make, self._index.query(query)))

    # Contents

    def read(self, row: MirrorMessage) -> bytes:
        """Return a message's bytes, their CRC-32 and length checked.

        Raises:
            Altered: they are damaged; the message is named.
        """
        return self._contents.read(row)

    def read_deflate(self, row: MirrorMessage) -> bytes:
        """Return a message's raw deflate stream, as a zip entry holds it; see :meth:`packed` for many.

        Raises:
            Altered: the segment is missing or shorter.
        """
        return self._contents.read_deflate(row)

    def packed(self, rows: Iterable[MirrorMessage] | None = None) -> Iterator[tuple[MirrorMessage, bytes]]:
        """Yield messages with their raw deflate streams, in the order of ``rows``.

        The order of :meth:`messages`, the default, is that of the disk: a zip needs no order of its entries, and so the
        segments are read from end to end in large pieces.

        Raises:
            Altered: a segment is missing or shorter, or does not hold the message; segment or message is named.
        """
        return self._contents.packed(self.messages() if rows is None else rows)

    def verify(self, sample: int | None = None) -> int:
        """Read messages back, compare all that the index says of them, and return how many that were.

        Args:
            sample: so many, drawn at random; all when absent.

        Raises:
            Altered: naming the messages that are not what they were.
        """
        return verify_messages(self._index, self._contents, account=self.account, sample=sample)


def has_first_copy(folder: Path) -> bool:
    """Tell whether there is a mirror that held all of its mailbox at least once."""
    if not (folder / INDEX).is_file():
        return False
    with MirrorReader.open(folder) as reader:
        return reader.state.history_id is not None


def count_live(folder: Path) -> Held:
    """Return how much a mirror holds of what its mailbox still has; nothing when there is no mirror."""
    if not (folder / INDEX).is_file():
        return Held(0, 0)
    with MirrorReader.open(folder) as reader:
        return reader.live()
