"""Faults, outage, quota and the call log, without a socket."""

from __future__ import annotations

import orjson
import pytest

from copias_sandbox.core.answer import Delivery
from copias_sandbox.core.quota import GOOGLE_LIMITS

GET = "sheets.spreadsheets.values.get"


def statuses(sheet, count):
    return [sheet.values("GET", "A1").get("error", {}).get("code", 200) for _ in range(count)]


def test_status_strikes_the_calls_that_were_planned(sheet, google):
    google.faults.add({"kind": "status", "method": "sheets.*.get", "nth": 2, "times": 2, "status": 429})

    assert statuses(sheet, 5) == [200, 429, 429, 200, 200]


def test_status_without_end_strikes_until_cleared(sheet, google):
    google.faults.add({"kind": "status", "method": GET, "times": 0})
    assert statuses(sheet, 3) == [503, 503, 503]

    google.faults.clear()
    assert statuses(sheet, 1) == [200]


def test_refused_call_has_no_effect_and_a_lost_one_has(sheet, google):
    google.faults.add({"kind": "status", "method": "*.update", "status": 500, "reason": "backendError"})
    google.faults.add({"kind": "lost", "method": "*.append"})

    assert sheet.put("A1", [["no"]])["error"]["code"] == 500
    assert sheet.get("A1") == []
    path = f"/v4/spreadsheets/{sheet.id}/values/A1:append"
    answer = sheet.client.send("POST", path, {"values": [["sí"]]}, valueInputOption="RAW")
    assert answer.delivery is Delivery.LOST
    assert sheet.get("A1") == [["sí"]]


def test_retry_after_is_told(sheet, google):
    google.faults.add({"kind": "status", "status": 429, "retry_after": 7})

    answer = sheet.client.send("GET", f"/v4/spreadsheets/{sheet.id}/values/A1")

    assert dict(answer.headers)["Retry-After"] == "7"


def test_outage_ends_by_the_clock_and_does_not_touch_what_is_kept(sheet, google):
    google.faults.down_until = google.clock.now() + 600
    assert statuses(sheet, 2) == [503, 503]

    google.clock.advance(601)
    assert statuses(sheet, 1) == [200]


@pytest.mark.parametrize("fault", [{"kind": "magia"}, {"kind": "status", "clase": 1}])
def test_fault_that_does_not_exist_is_refused(google, fault):
    with pytest.raises((ValueError, TypeError)):
        google.faults.add(fault)


def test_quota_of_a_minute_is_refilled_at_the_next(sheet, google):
    google.clock.advance(60 - google.clock.now() % 60)
    google.quota.limits = dict(GOOGLE_LIMITS)

    assert statuses(sheet, 62) == [200] * 60 + [429, 429]
    error = sheet.values("GET", "A1")["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["details"][0]["metadata"]["quota_limit"] == "ReadRequestsPerMinutePerUser"

    google.clock.advance(60)
    assert statuses(sheet, 1) == [200]


def test_reads_and_writes_are_counted_apart(sheet, google):
    google.clock.advance(60 - google.clock.now() % 60)
    google.quota.limits = {"sheets.read": (2, 2), "sheets.write": (1, 1)}
    search = {"dataFilters": [{"a1Range": "A1"}]}

    assert "error" not in sheet.put("A1", [["x"]])
    assert sheet.put("A1", [["y"]])["error"]["code"] == 429
    assert "error" not in sheet.call("POST", "/developerMetadata:search", search)
    assert statuses(sheet, 2) == [200, 429]


def test_log_tells_who_asked_what_and_how_it_ended(sheet, google):
    google.log.clear()
    sheet.put("A1", [["x"]])
    sheet.values("GET", "no!A1")

    first, second = google.log.as_json()
    assert (first["method"], first["status"], first["user"]) == (
        "sheets.spreadsheets.values.update",
        200,
        "ana@alcaldia.example",
    )
    assert first["body"] == {"values": [["x"]]}
    assert (second["status"], second["error"]) == (400, "400 Unable to parse range: no!A1")
    assert orjson.dumps([first, second])
