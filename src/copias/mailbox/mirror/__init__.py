"""The mirror of a mailbox: append-only segments of gzip members, one member a message, and a SQLite index.

::

    <state>/mirrors/<account>/
        lock                     held while somebody writes
        segments/000001.gz.seg   gzip members; `zcat` gives the messages one after the other
        changes.jsonl            commits, labels changed, messages deleted at the source, names of labels
        index.sqlite             what is known of each message, and how far the other two are committed

The index can be made anew from the other two: each member's gzip header carries Gmail's id and labels. Order of a
commit: segment, journal, index; so what the index knows is on the disk, and at the next opening what it does not know
is cut off.
"""

from copias.mailbox.mirror.freezing import freeze
from copias.mailbox.mirror.mirror import Mirror
from copias.mailbox.mirror.model import Held, MirrorMessage, MirrorState, NewMessage, Search
from copias.mailbox.mirror.reader import MirrorReader, count_live, has_first_copy
from copias.mailbox.mirror.rebuild import rebuild_index

__all__ = [
    "Held",
    "Mirror",
    "MirrorMessage",
    "MirrorReader",
    "MirrorState",
    "NewMessage",
    "Search",
    "count_live",
    "freeze",
    "has_first_copy",
    "rebuild_index",
]
