"""Renaming that fails instead of replacing: the kernel decides, so two runs cannot both win."""

from __future__ import annotations

import ctypes
import errno
import os

_NOREPLACE = 1  # RENAME_NOREPLACE of <linux/fs.h>
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS})


def rename_exclusively(old: str, new: str, *, old_directory: int, new_directory: int) -> None:
    """Rename within two open directories.

    NFS knows no ``renameat2`` but has hard links; SMB, FAT and exFAT have no links but know
    ``renameat2``. So the one is tried, then the other.

    Raises:
        FileExistsError: ``new`` exists.
        FileNotFoundError: ``old`` does not.
    """
    code = _rename_at(old, new, old_directory=old_directory, new_directory=new_directory)
    if code in _NOT_SUPPORTED:
        link_exclusively(old, new, old_directory=old_directory, new_directory=new_directory)
    elif code:
        raise OSError(code, os.strerror(code), old, None, new)


def link_exclusively(old: str, new: str, *, old_directory: int, new_directory: int) -> None:
    """Rename by a second link; dying between the two steps leaves both names of one file."""
    os.link(old, new, src_dir_fd=old_directory, dst_dir_fd=new_directory, follow_symlinks=False)
    os.unlink(old, dir_fd=old_directory)


def _rename_at(old: str, new: str, *, old_directory: int, new_directory: int) -> int:
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return errno.ENOSYS
    failed = call(old_directory, os.fsencode(old), new_directory, os.fsencode(new), ctypes.c_uint(_NOREPLACE))
    return ctypes.get_errno() if failed else 0
