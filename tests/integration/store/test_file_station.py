"""What a NAS does to its clients, and what a store on its File Station makes of it."""

from __future__ import annotations

import hashlib
import http.client
import os
import random
import signal
import subprocess
import sys
import traceback

import pytest

from copias.errors import Altered, BackupError, BadConfiguration, CopyFailed, NotReady, StoreFull, StoreUnavailable
from copias.store import StoredFile, part_name, read_back
from copias.store.contract import UploadLost
from copias.store.file_station import FileStationStore
from tests.integration.store.nas import PASSWORD, USER

NAME = "2026/sinfa/caso-1234.zip"
CONTENT = random.Random(5).randbytes(3_300_019)
SMALL = CONTENT[:70_001]


@pytest.fixture
def ready(station):
    store = station()
    store.prepare()
    return store


@pytest.fixture
def upload():
    """Send a content in blocks, with its size announced, and finish it."""

    def work(store, content=CONTENT, name=NAME) -> StoredFile:
        with store.create(name, expected_bytes=len(content)) as sending:
            for start in range(0, len(content), 500_009):
                sending.write(content[start : start + 500_009])
            return sending.finish()

    return work


@pytest.mark.parametrize("content", [b"", SMALL, CONTENT[: 1 << 20], CONTENT[: (1 << 20) + 1], CONTENT])
def test_what_is_uploaded_lies_there_byte_by_byte(ready, nas, upload, content) -> None:
    finished = upload(ready, content)

    assert finished == StoredFile(part_name(NAME), len(content))
    assert (nas.root / part_name(NAME)).read_bytes() == content


def test_large_file_goes_in_chunks_and_small_one_whole(ready, nas, upload) -> None:
    upload(ready, SMALL)
    upload(ready, CONTENT, "otro.zip")

    assert nas.quirks.asked.count("start_chunked_upload") == 1
    assert nas.quirks.asked.count("chunked_upload") == 4
    assert nas.quirks.asked.count("upload") == 2  # the marker is one


def test_one_log_in_serves_many_calls(ready, nas, upload) -> None:
    upload(ready)
    ready.publish(NAME)
    ready.list()

    assert nas.server.log_ins == 1


@pytest.mark.parametrize("told", ["3", "2", "html", "xml"])
@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["whole", "chunks"])
def test_ended_session_is_begun_again_in_the_middle(ready, nas, upload, told, content) -> None:
    nas.quirks.expired, nas.quirks.calls_per_session = told, 3
    nas.server.end_sessions()

    upload(ready, content)
    ready.publish(NAME)

    assert nas.server.log_ins > 3
    assert (nas.root / NAME).read_bytes() == content
    with ready.open(NAME) as stream:
        assert stream.read() == content


def test_nas_that_answers_with_pages_is_unavailable(ready, nas) -> None:
    nas.quirks.pages = 50

    with pytest.raises(StoreUnavailable):
        ready.list()


def test_one_page_in_place_of_an_answer_is_got_over(ready, nas, upload) -> None:
    upload(ready)
    nas.quirks.pages = 1

    assert ready.stat(part_name(NAME)) == StoredFile(part_name(NAME), len(CONTENT))


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["whole", "chunks"])
def test_success_that_wrote_nothing_is_not_believed(ready, nas, upload, content) -> None:
    nas.quirks.lost_writes = 1

    with pytest.raises(UploadLost):
        upload(ready, content)

    assert ready.list_parts() == ()


@pytest.mark.parametrize("known", [True, False], ids=["checksum", "no-checksum"])
def test_byte_changed_on_its_way_is_found(ready, nas, upload, known) -> None:
    nas.quirks.checksum, nas.quirks.spoiled = known, 1

    with pytest.raises(UploadLost):
        upload(ready)

    assert ready.list_parts() == ()
    assert ("download" in nas.quirks.asked[-8:]) or known


@pytest.mark.parametrize("content", [SMALL, CONTENT], ids=["whole", "chunks"])
def test_full_disk_is_told_and_leaves_no_part(ready, nas, upload, content) -> None:
    nas.quirks.room = len(content) - 20_000

    with pytest.raises(StoreFull, match="no queda espacio"):
        upload(ready, content)

    assert list(nas.root.rglob("*.part")) == []
    nas.quirks.room = None
    assert upload(ready, content).bytes == len(content)


@pytest.mark.parametrize("quirk", ["dropped", "wrong_offset"])
def test_broken_upload_leaves_nothing_and_can_be_repeated(ready, nas, upload, quirk) -> None:
    setattr(nas.quirks, quirk, 1)

    with pytest.raises(StoreUnavailable):
        upload(ready)

    assert ready.list_parts() == ()
    assert upload(ready).bytes == len(CONTENT)


@pytest.mark.parametrize("size", [len(CONTENT) - 1, len(CONTENT) + 1, 0])
def test_content_of_another_size_than_announced_is_no_copy(ready, size) -> None:
    sending = ready.create(NAME, expected_bytes=size)
    sending.write(CONTENT)

    with sending, pytest.raises(CopyFailed):
        sending.finish()

    assert ready.list_parts() == ()


def test_without_ranges_a_stream_can_still_seek(ready, nas, upload) -> None:
    upload(ready)
    nas.quirks.ranges = False

    with ready.open(part_name(NAME)) as stream:
        stream.seek(2_000_000)
        assert stream.read(1000) == CONTENT[2_000_000:2_001_000]
        stream.seek(5)
        assert stream.read() == CONTENT[5:]


def test_stored_answer_is_read_as_the_file_that_it_is(ready, upload) -> None:
    upload(ready, b'{"status": 3}', "respuesta.json")

    with ready.open(part_name("respuesta.json")) as stream:
        assert stream.read() == b'{"status": 3}'


@pytest.mark.parametrize(("text", "totals"), [(True, True), (False, True), (True, False)])
def test_long_folder_is_listed_page_by_page_whether_its_size_is_told_or_not(ready, nas, text, totals) -> None:
    nas.quirks.numbers_as_text, nas.quirks.totals = text, totals
    for number in range(1203):
        (nas.root / f"{number:04}.zip").write_bytes(b"12345")

    found = ready.list()

    assert [file.name for file in found] == [f"{number:04}.zip" for number in range(1203)]
    assert {file.bytes for file in found} == {5}


def test_file_of_a_deleted_account_is_there_and_an_absent_one_is_not(ready, nas, upload) -> None:
    upload(ready)
    ready.publish(NAME)
    nas.quirks.owners = False

    assert ready.stat(NAME) is not None
    assert ready.stat("2026/sinfa/otra.zip") is None
    with ready.open(NAME) as stream:
        assert stream.read() == CONTENT


def test_account_that_may_not_delete_still_makes_copies(ready, nas, upload) -> None:
    nas.quirks.delete_denied = True
    (nas.root / "2026/sinfa").mkdir(parents=True)
    (nas.root / part_name(NAME)).write_bytes(b"left by a dead run")

    upload(ready)
    published = ready.publish(NAME)

    assert (nas.root / NAME).read_bytes() == CONTENT
    assert published.bytes == len(CONTENT)
    with pytest.raises(NotReady, match="no permite"):
        ready.remove(NAME)
    assert (nas.root / NAME).read_bytes() == CONTENT


def test_recycle_bin_holds_what_was_removed_and_is_not_listed(ready, nas, upload) -> None:
    nas.quirks.recycle_bin = True
    upload(ready)
    ready.publish(NAME)

    ready.remove(NAME)

    assert ready.list() == ()
    assert [path.stat().st_size for path in (nas.shares / "Copias" / "@Recycle").iterdir()] == [len(CONTENT)]


def test_file_moves_to_another_folder_under_another_name(ready, upload) -> None:
    upload(ready, SMALL, "a/uno.zip")
    ready.publish("a/uno.zip")

    ready.rename("a/uno.zip", "b/dos.zip")

    assert ready.list() == (StoredFile("b/dos.zip", len(SMALL)),)


def test_plain_http_to_a_nas_that_wants_https_sends_no_copy(station, nas) -> None:
    nas.quirks.force_https = True

    with pytest.raises(NotReady, match="https"):
        station().prepare()


def test_account_with_a_second_step_is_told_apart(station, nas) -> None:
    nas.quirks.need_2sv = True

    with pytest.raises(NotReady, match="dos pasos"):
        station().prepare()


def test_wrong_password_is_tried_once(station, nas, tmp_path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("otra\n", encoding="utf-8")

    with pytest.raises(NotReady, match="no acepta la cuenta"):
        station(password_file=wrong).prepare()

    assert nas.server.log_ins == 1


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\n"])
def test_unreadable_password_is_a_matter_of_configuration(station, tmp_path, content) -> None:
    path = tmp_path / "other"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(BadConfiguration, match="contraseña"):
        station(password_file=path).prepare()


def test_switched_off_station_says_where_it_is_switched_on(ready, nas) -> None:
    nas.quirks.station_off = True

    with pytest.raises(NotReady, match="Panel de control"):
        ready.list()


def test_nas_that_does_not_answer_in_time_is_unavailable(station, nas) -> None:
    store = station(time_limit=0.3)
    nas.quirks.pause = 2

    with pytest.raises(StoreUnavailable):
        store.prepare()


def test_nas_may_take_its_time_to_go_over_what_it_received(station, nas, upload) -> None:
    store = station(time_limit=0.5)
    store.prepare()
    nas.quirks.checksum_pause = 1.2

    assert upload(store).bytes == len(CONTENT)


def test_rename_of_what_is_gone_touches_nothing_else(ready, upload) -> None:
    upload(ready, SMALL, "b/uno.zip")
    ready.publish("b/uno.zip")

    with pytest.raises(Altered):
        ready.rename("a/uno.zip", "b/dos.zip")

    assert ready.list() == (StoredFile("b/uno.zip", len(SMALL)),)


def test_stream_of_unknown_length_waits_where_it_was_told_and_leaves_nothing(nas, tmp_path) -> None:
    spool = tmp_path / "state/stores/nas"
    store = FileStationStore("nas", nas.settings(), spool=spool)
    store.prepare()

    with store.create(NAME) as sending:
        sending.write(CONTENT)
        assert not list(nas.root.rglob("*.part"))
        sending.finish()

    assert (nas.root / part_name(NAME)).read_bytes() == CONTENT
    assert list(spool.iterdir()) == []


def test_no_error_holds_the_password_or_the_session(ready, nas, upload) -> None:
    told = []
    for quirk, value in (("pages", 2), ("dropped", 1), ("lost_writes", 1), ("station_off", True)):
        setattr(nas.quirks, quirk, value)
        with pytest.raises(BackupError) as caught:
            upload(ready)
        told.append("".join(traceback.format_exception(caught.value)) + str(caught.value.facts()))
    sessions = list(nas.server._sessions)

    assert sessions
    assert not [text for text in told for secret in (PASSWORD, *sessions) if secret in text]


SENDER = """
import sys, time
from pathlib import Path
from copias.store import StoreSettings
from copias.store.file_station import FileStationStore
port, password, name = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
store = FileStationStore("nas", StoreSettings(kind="file_station", path=Path("/Copias/nas"), host="127.0.0.1",
    port=port, user="copias", password_file=password, tls=False, chunk_bytes=1 << 20))
with store.create(name, expected_bytes=8 << 20) as upload:
    for _ in range(6):
        upload.write(bytes(1 << 20))
    print("half", flush=True)
    time.sleep(600)
"""


def test_killed_upload_shows_no_part_and_the_next_run_makes_it(ready, nas, upload) -> None:
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, str(nas.server.port), str(nas.password_file), NAME], stdout=subprocess.PIPE
    )
    assert sender.stdout is not None
    assert sender.stdout.readline() == b"half\n"
    sender.send_signal(signal.SIGKILL)
    sender.wait(10)
    sender.stdout.close()

    after_the_kill = ready.list(), ready.list_parts()
    upload(ready)

    assert after_the_kill == ((), ())
    read_back(ready, part_name(NAME), expected_bytes=len(CONTENT), expected_sha256=hashlib.sha256(CONTENT).hexdigest())


def test_file_that_shrinks_while_it_is_read_is_noticed(ready, nas, upload) -> None:
    upload(ready)

    with ready.open(part_name(NAME)) as stream:
        stream.read(10)
        os.truncate(nas.root / part_name(NAME), 100)
        stream.seek(2_500_000)
        with pytest.raises((Altered, StoreUnavailable)):
            stream.read()


def test_curl_uploads_what_the_store_then_reads(ready, nas, tmp_path) -> None:
    path = tmp_path / "con-curl.zip"
    path.write_bytes(SMALL)
    line = http.client.HTTPConnection("127.0.0.1", nas.server.port, timeout=10)
    line.request("POST", "/cgi-bin/authLogin.cgi", f"user={USER}&pwd=Y2xhdmUtZGUtcHJ1ZWJhLcOx&serviceKey=1")
    number = line.getresponse().read().decode().partition("<authSid><![CDATA[")[2].partition("]")[0]
    line.close()
    address = (
        f"http://127.0.0.1:{nas.server.port}/cgi-bin/filemanager/utilRequest.cgi?func=upload&type=standard&sid={number}"
        "&overwrite=0&dest_path=/Copias/nas&progress=-Copias-nas-con-curl.zip"
    )

    done = subprocess.run(["curl", "-sS", "-F", f"file=@{path}", address], capture_output=True, text=True, timeout=30)

    assert done.returncode == 0, done.stderr
    with ready.open("con-curl.zip") as stream:
        assert stream.read() == SMALL
