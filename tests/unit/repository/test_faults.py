"""restic's codes and words, as it says them, become errors that say what to do."""

from __future__ import annotations

import pytest

from copias.errors import (
    Altered,
    BackupError,
    BadConfiguration,
    CopyFailed,
    NotAllowed,
    NotReady,
    StoreFull,
    StoreUnavailable,
)
from copias.repository.faults import Incomplete, Locked, NoRepository, explain

LOCK = (
    '{"message_type":"exit_error","code":11,"message":"unable to create lock in backend: repository is already locked'
    " by PID 4711 on nas-vieja by root (UID 0, GID 0)\\nlock was created at 2026-11-26 01:58:39 (4m0.8s ago)\\nstorage"
    ' ID 7e2bcf5b\\nthe `unlock` command can be used to remove stale locks"}'
)


def said(words: str) -> str:
    return f'{{"message_type":"exit_error","code":1,"message":"Fatal: {words}"}}'


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        (1, said("unable to save snapshot: write /nas/data/a: no space left on device"), StoreFull),
        (1, "subprocess ssh: Host key verification failed.\n" + said("unable to start the sftp session"), NotReady),
        (1, "subprocess ssh: u@h: Permission denied (publickey).\n" + said("unable to start the sftp"), NotReady),
        (1, said("unable to open repository: unexpected HTTP response (401): 401 Unauthorized"), NotReady),
        (1, said("unexpected HTTP response (403): 403 Forbidden"), NotAllowed),
        (1, said("repository contains errors"), Altered),
        (1, said("ciphertext verification failed"), Altered),
        (1, said("unable to open repository: dial tcp 10.0.0.9:8000: connect: connection refused"), StoreUnavailable),
        (1, said("unable to save snapshot: connection lost"), StoreUnavailable),
        (1, said("something that nobody foresaw"), CopyFailed),
        (3, "", Incomplete),
        (10, said("repository does not exist"), NoRepository),
        (11, LOCK, Locked),
        (12, said("wrong password or no key found"), BadConfiguration),
        (130, "", CopyFailed),
        (-9, "", CopyFailed),
    ],
)
def test_each_failure_is_told_as_what_it_is(code: int, words: str, kind: type[BackupError]) -> None:
    error = explain("nas", code, words, doing="guardar el volcado")

    assert type(error) is kind
    assert error.repair
    assert "nas" in str(error)


def test_lock_names_who_has_it_and_since_when() -> None:
    error = explain("nas", 11, LOCK, doing="revisar")

    assert "proceso 4711 de root en nas-vieja" in error.why
    assert "2026-11-26 01:58:39" in error.why


def test_words_of_a_broken_restic_are_shown_in_part_only() -> None:
    error = explain("nas", 1, "x" * 100_000, doing="revisar")

    assert len(error.why) < 3000
