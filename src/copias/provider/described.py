"""What the manifest and the copy's folder say of a delivery."""

from __future__ import annotations

import typing as t
from dataclasses import asdict

from copias.package import DeliveredFacts, LoadFacts
from copias.package.facts import TableFacts
from copias.pages import printable
from copias.sinfa.domain import CheckResult

if t.TYPE_CHECKING:
    from copias.config import Deployment
    from copias.provider.loading import Loaded
    from copias.provider.request import DeliveryRequest
    from copias.provider.taking import Taken

_NAME: t.Final = 200


def describe_delivered(deployment: Deployment, request: DeliveryRequest, taken: Taken) -> DeliveredFacts:
    """Return the facts of a delivery for its manifest."""
    settings, examined = deployment.providers[request.provider], taken.examined
    return DeliveredFacts(
        provider=settings.name,
        contract=settings.contract,
        name=clean(taken.file.name),
        bytes=taken.file.bytes,
        sha256=taken.file.sha256,
        checksum=taken.checksum,
        format=examined.format.name,
        words=examined.format.words,
        engine=examined.format.engine,
        version=clean(examined.version),
        layers=tuple(layer.kind for layer in examined.layers),
        dump=clean(examined.name),
        dump_bytes=examined.bytes,
        dump_sha256=examined.sha256,
        scan=taken.scan,
        load=_describe_load(taken.loaded),
    )


def describe_load(loaded: Loaded, *more: CheckResult) -> dict[str, t.Any]:
    """Return what came of a load, and more that was checked, as plain data for :func:`read_checks`, in the proof."""
    contents = asdict(loaded.contents) if loaded.contents else None
    answers = [answer.to_dict() for answer in (*(loaded.answers or ()), *more)]
    return {"text": loaded.text, "server": loaded.server, "contents": contents, "checks": answers}


def read_checks(data: t.Mapping[str, t.Any]) -> tuple[CheckResult, ...]:
    """Return the answers of the loaded database from what :func:`describe_load` kept."""
    return tuple(CheckResult(**answer) for answer in data["checks"])


def clean(name: str) -> str:
    """Return a hostile text as people can read it."""
    return str(printable(name.encode("utf-8", "replace").decode()))[:_NAME]


def _describe_load(loaded: Loaded) -> LoadFacts:
    contents = loaded.contents
    if contents is None:
        return LoadFacts(loaded=False, text=loaded.text)
    return LoadFacts(
        loaded=True,
        text=loaded.text,
        server=loaded.server,
        method=contents.method,
        tables=tuple(TableFacts.model_validate(vars(table)) for table in contents.tables),
    )
