"""A sandbox with a NAS beside it: a store is prepared on it by what the sandbox tells, and is there after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from copias.errors import NotReady
from copias.store import StoreSettings, open_store
from copias_sandbox import control
from copias_sandbox.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    control.stop(tmp_path)


def settings(told: dict[str, str]) -> StoreSettings:
    return StoreSettings(
        kind="file_station",
        path=Path(f"/{told['COPIAS_QNAP_SHARE']}/nas"),
        host="127.0.0.1",
        port=int(told["COPIAS_QNAP_PORT"]),
        user=told["COPIAS_QNAP_USER"],
        password_file=Path(told["COPIAS_QNAP_PASSWORD_FILE"]),
        tls=False,
    )


def test_store_on_the_nas_of_a_sandbox_is_there_after_a_restart(home: Path) -> None:
    control.start(home, cases=0, nas=True)
    store = open_store(settings(control.env(home)), name="nas")
    store.prepare()
    with store.create("uno.zip", expected_bytes=3) as upload:
        upload.write(b"uno")
        upload.finish()
    store.publish("uno.zip")
    store.close()
    control.stop(home)

    control.start(home, cases=0, nas=True)

    again = open_store(settings(control.env(home)), name="nas")
    assert [file.name for file in again.list()] == ["uno.zip"]
    again.close()
    assert Home(home).nas_password_file.stat().st_mode & 0o077 == 0


def test_sandbox_without_a_nas_tells_none_and_says_how_to_get_one(home: Path) -> None:
    control.start(home, cases=0)

    assert not any(name.startswith("COPIAS_QNAP") for name in control.env(home))
    with pytest.raises(NotReady, match="sin la NAS"):
        control.start(home, cases=0, nas=True)
