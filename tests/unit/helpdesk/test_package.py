"""The package's face: every name is there, and none is dear to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import copias.helpdesk


@pytest.mark.parametrize("name", copias.helpdesk.__all__)
def test_every_public_name_is_found(name: str) -> None:
    assert getattr(copias.helpdesk, name).__module__.startswith("copias.helpdesk.")


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(copias.helpdesk, "nothing")


def test_an_error_can_be_named_without_loading_the_libraries() -> None:
    program = (
        "from copias.helpdesk import WriteUncertain; import sys;"
        "print([name for name in ('pydantic', 'googleapiclient', 'requests') if name in sys.modules])"
    )

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"


def test_no_module_of_ours_loads_google_before_the_first_call() -> None:
    program = (
        "import copias.helpdesk.desk, copias.google.service, copias.helpdesk.settings, sys;"
        "print([name for name in ('googleapiclient', 'google.auth', 'httplib2', 'requests') if name in sys.modules])"
    )

    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert finished.stdout.strip() == "[]"
