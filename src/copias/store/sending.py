"""Sending a file of this machine to a store, and knowing that it is there."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from copias.errors import CopyFailed
from copias.progress import Report, ignore
from copias.store.contract import UploadLost, resume_upload, stored_checksum
from copias.store.read_back import RangesReport, altered, compare_ranges, read_back

if t.TYPE_CHECKING:
    from pathlib import Path

    from copias.store.contract import Store, StoredFile, Upload

_BLOCK = 1 << 20
_BEGINNINGS = 3
"""How often a file is sent from its first byte when the store loses what it had."""


@dataclass(frozen=True)
class Confirmation:
    """How a stored file was shown to be the local one.

    Args:
        whole: every byte was read back; else the place's own hash was compared.
        ranges: what was read back beside the hash.
    """

    whole: bool
    ranges: RangesReport | None = None


def send_file(
    store: Store, name: str, local: Path, *, expected_bytes: int, sha256: str, report: Report = ignore
) -> StoredFile:
    """Send a file of this machine as an unpublished one, going on where a dead run stopped if the store can.

    Args:
        store: where to.
        name: the name it will be published under.
        local: the file.
        expected_bytes: its size, as it was sealed.
        sha256: of it, hexadecimal, as it was sealed.
        report: told the bytes that are there, those of earlier runs at once.

    Raises:
        CopyFailed: the file is not what was sealed.
        Altered: the store has something else than was sent.
        StoreFull, StoreUnavailable: what was sent is kept where the store can; the next run goes on.
    """
    _check_size(local, expected_bytes)
    for beginning in range(1, _BEGINNINGS + 1):
        try:
            with resume_upload(store, name, expected_bytes=expected_bytes, sha256=sha256) as upload:
                return _send_rest(upload, local, report)
        except UploadLost:
            if beginning == _BEGINNINGS:
                raise
    raise AssertionError("the last beginning returns or raises")


def confirm_file(
    store: Store,
    name: str,
    local: Path,
    *,
    expected_bytes: int,
    sha256: str,
    ranges: int = 16,
    seed: int | str = 0,
    report: Report = ignore,
) -> Confirmation:
    """Show that a stored file is the local one, as well as the store allows.

    A place that computes hashes is asked for its own, and ranges are read back and compared with the local file. From
    any other every byte is read back.

    Args:
        store: where it lies.
        name: which; a part by :func:`~copias.store.contract.part_name`.
        local: the file that was sent; only read where the store computes hashes.
        expected_bytes: its size, as it was sealed.
        sha256: of it, hexadecimal, as it was sealed.
        ranges: how many are compared.
        seed: of their choice.
        report: told the bytes read.

    Raises:
        Altered: it is missing, of another size or hash, or differs in a range.
    """
    found = stored_checksum(store, name)
    if found is None:
        read_back(store, name, expected_bytes=expected_bytes, expected_sha256=sha256, report=report)
        return Confirmation(whole=True)
    if found != sha256:
        raise altered(store, name, f"se esperaba SHA-256 {sha256} y el destino dice {found}")
    compared = compare_ranges(store, name, local, ranges=ranges, seed=seed, report=report)
    return Confirmation(whole=False, ranges=compared)


def _check_size(local: Path, expected: int) -> None:
    size = local.stat().st_size
    if size != expected:
        raise CopyFailed(
            "el archivo por guardar cambió de tamaño",
            whose=local.name,
            why=f"se sellaron {expected} bytes y hay {size}",
            repair="vuelva a correr el caso: se empaqueta otra vez",
        )


def _send_rest(upload: Upload, local: Path, report: Report) -> StoredFile:
    told = upload.sent
    report(told)
    try:
        with local.open("rb") as stream:
            stream.seek(told)
            while block := stream.read(_BLOCK):
                upload.write(block)
                report(len(block))
                told += len(block)
        return upload.finish()
    except UploadLost:
        report(-told)
        raise
