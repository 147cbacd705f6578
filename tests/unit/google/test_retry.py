"""The retry layer: what is tried again, what never, and what may have had its effect."""

from __future__ import annotations

import json
import typing as t

import pytest

from copias.google.errors import GoogleBadRequest, GoogleMissing, GoogleRefused, GoogleUnavailable
from copias.google.retry import LONGEST_WAIT, Retry, Sort, Trouble, classify_answer


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def retry(self, **options: t.Any) -> Retry:
        return Retry(sleep=self.sleep, clock=lambda: self.now, jitter=lambda: 0.0, **options)


class Call:
    """A call that fails with each trouble in turn, then answers."""

    def __init__(self, *troubles: Trouble) -> None:
        self.troubles = list(troubles)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.troubles:
            raise self.troubles.pop(0)
        return "done"


def error_body(reason: str, *, message: str = "no", status: str = "X") -> bytes:
    return json.dumps({"error": {"message": message, "status": status, "errors": [{"reason": reason}]}}).encode()


def transient(**options: t.Any) -> Trouble:
    return Trouble(Sort.TRANSIENT, "503", "down", **options)


@pytest.mark.parametrize(
    ("status", "reason", "sort", "maybe_done"),
    [
        (429, "rateLimitExceeded", Sort.TRANSIENT, False),
        (403, "rateLimitExceeded", Sort.TRANSIENT, False),
        (403, "userRateLimitExceeded", Sort.TRANSIENT, False),
        (403, "backendError", Sort.TRANSIENT, False),
        (408, "", Sort.TRANSIENT, True),
        (500, "internalError", Sort.TRANSIENT, True),
        (502, "", Sort.TRANSIENT, True),
        (503, "backendError", Sort.TRANSIENT, True),
        (504, "", Sort.TRANSIENT, True),
        (520, "", Sort.TRANSIENT, True),
        (501, "", Sort.BAD_REQUEST, False),
        (409, "aborted", Sort.BAD_REQUEST, False),
        (403, "insufficientPermissions", Sort.REFUSED, False),
        (403, "storageQuotaExceeded", Sort.REFUSED, False),
        (403, "dailyLimitExceeded", Sort.REFUSED, False),
        (403, "teamDriveFileLimitExceeded", Sort.REFUSED, False),
        (401, "authError", Sort.REFUSED, False),
        (404, "notFound", Sort.MISSING, False),
        (400, "badRequest", Sort.BAD_REQUEST, False),
        (302, "", Sort.BAD_REQUEST, False),
    ],
)
def test_answer_is_classified_by_its_reason(status: int, reason: str, sort: Sort, maybe_done: bool) -> None:
    trouble = classify_answer(status, {}, error_body(reason))

    assert (trouble.sort, trouble.maybe_done) == (sort, maybe_done)


def test_reason_in_the_newer_error_shape_is_found() -> None:
    body = json.dumps({"error": {"message": "m", "status": "S", "details": [{"reason": "SERVICE_DISABLED"}]}}).encode()

    assert classify_answer(403, {}, body).reason == "SERVICE_DISABLED"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": 1}', b'{"error": {"errors": 3, "details": [1]}}'])
def test_body_that_is_no_google_error_still_classifies(body: bytes) -> None:
    assert classify_answer(503, {}, body).sort is Sort.TRANSIENT


@pytest.mark.parametrize(("text", "seconds"), [("7", 7.0), ("-3", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)])
def test_retry_after_is_read_in_both_forms(text: str, seconds: float) -> None:
    assert classify_answer(429, {"retry-after": text}, b"").retry_after == seconds


def test_retry_after_that_is_neither_is_passed_over() -> None:
    assert classify_answer(429, {"retry-after": "soon"}, b"").retry_after is None


def test_transient_failures_are_retried_with_growing_waits() -> None:
    clock, call = Clock(), Call(transient(), transient(), transient())

    assert clock.retry(attempts=7, patience=100).run(call, what="x", whose="y") == "done"
    assert clock.slept == [1.0, 2.0, 4.0]


def test_server_that_names_a_time_is_not_asked_before() -> None:
    clock, call = Clock(), Call(transient(retry_after=20.0))

    clock.retry(patience=100).run(call, what="x", whose="y")

    assert clock.slept == [20.0]


def test_waits_are_capped() -> None:
    clock, call = Clock(), Call(*(transient() for _ in range(9)))

    clock.retry(attempts=10, patience=10_000).run(call, what="x", whose="y")

    assert max(clock.slept) == LONGEST_WAIT


def test_patience_ends_before_a_wait_that_would_exceed_it() -> None:
    clock, call = Clock(), Call(*(transient() for _ in range(20)))

    with pytest.raises(GoogleUnavailable):
        clock.retry(attempts=10, patience=10).run(call, what="x", whose="y")

    assert sum(clock.slept) <= 10


def test_attempts_are_bounded() -> None:
    clock, call = Clock(), Call(*(transient() for _ in range(20)))

    with pytest.raises(GoogleUnavailable) as caught:
        clock.retry(attempts=3, patience=1000).run(call, what="no se leyó", whose="la hoja")

    assert call.tries == 3
    assert str(caught.value).startswith("la hoja: no se leyó: down (503). Qué hacer: intente más tarde")


def test_append_that_may_be_done_is_not_repeated() -> None:
    clock, call = Clock(), Call(transient(maybe_done=True))

    with pytest.raises(GoogleUnavailable) as caught:
        clock.retry().run(call, what="x", whose="y", repeatable=False)

    assert (call.tries, caught.value.maybe_done) == (1, True)


def test_append_that_surely_had_no_effect_is_repeated() -> None:
    clock, call = Clock(), Call(transient(), transient())

    assert clock.retry().run(call, what="x", whose="y", repeatable=False) == "done"


@pytest.mark.parametrize(
    ("sort", "error"),
    [(Sort.REFUSED, GoogleRefused), (Sort.MISSING, GoogleMissing), (Sort.BAD_REQUEST, GoogleBadRequest)],
)
def test_what_no_try_would_help_is_tried_once(sort: Sort, error: type[Exception]) -> None:
    clock, call = Clock(), Call(Trouble(sort, "r", "m"))

    with pytest.raises(error):
        clock.retry().run(call, what="x", whose="y")

    assert (call.tries, clock.slept) == (1, [])
