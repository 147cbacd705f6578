"""What a NAS can do to its clients, each by a switch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Quirks:
    """Switches of one emulator, which tests turn while it runs. Counters count down and are off at 0.

    Args:
        force_https: answer the log-in with a 302 to https.
        need_2sv: ask for the second step, and give no session.
        station_off: File Station is switched off (status 8).
        calls_per_session: sessions end after so many calls; 0 is never.
        expired: how an ended session is told: ``3``, ``2``, ``html`` or ``xml``.
        pages: so many calls are answered by an HTML page.
        numbers_as_text: ``"5"`` in place of ``5`` in lists.
        totals: whether a list says how many rows there are in all.
        owners: whether files still have an owner: those of a deleted account have none.
        lost_writes: so many uploads say success and write nothing.
        room: bytes that still fit, ``None`` for any; what goes beyond gets status 9 and leaves a half.
        wrong_offset: so many chunks are told that their offset is wrong.
        spoiled: so many uploads get one byte changed on their way to the disk.
        dropped: so many uploads lose their connection after half of the body.
        tells_offset: whether ``func=get_chunked_upload`` is known, which says how much of an upload there is.
        checksum: whether ``func=checksum`` is known.
        checksum_pause: seconds that it takes.
        ranges: whether ``download`` honours ``Range``.
        delete_denied: the account may not delete.
        recycle_bin: what is deleted goes to ``@Recycle`` and goes on taking space.
        pause: seconds before each answer.
        bytes_per_second: of uploads; 0 is as fast as it goes.
    """

    force_https: bool = False
    need_2sv: bool = False
    station_off: bool = False
    calls_per_session: int = 0
    expired: str = "3"
    pages: int = 0
    numbers_as_text: bool = True
    totals: bool = True
    owners: bool = True
    lost_writes: int = 0
    room: int | None = None
    wrong_offset: int = 0
    spoiled: int = 0
    dropped: int = 0
    tells_offset: bool = False
    checksum: bool = True
    checksum_pause: float = 0
    ranges: bool = True
    delete_denied: bool = False
    recycle_bin: bool = False
    pause: float = 0
    bytes_per_second: int = 0
    asked: list[str] = field(default_factory=list)
    """The functions called so far, in order."""

    def take(self, counter: str) -> bool:
        """Count one down, and tell whether there was one."""
        left = int(getattr(self, counter))
        if left:
            setattr(self, counter, left - 1)
        return bool(left)
