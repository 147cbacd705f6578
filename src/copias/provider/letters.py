"""Mail to a provider: kept as ``.eml`` first, then sent by the outbox, each once; or left for a person to send.

Only the addresses that the providers file names are ever written to.
"""

from __future__ import annotations

import hashlib
import typing as t
from datetime import UTC, datetime

from copias.case.mail_folder import MailFolder
from copias.case.notice_mail import clean_line, write_draft, write_letter
from copias.case.outbox import queue
from copias.case.rows import row_key
from copias.case.story import NOTICE
from copias.local_time import say_moment
from copias.provider.request import find_request, is_configured

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from copias.case.story import Story
    from copias.config import Deployment
    from copias.office import Office
    from copias.provider.request import DeliveryRequest

MAIL: t.Final = "provider.mail"
_LONGEST: t.Final = 1000
What: t.TypeAlias = t.Literal["request", "reminder", "rejected", "thanks", "cancelled"]
_FILE_WORDS: t.Final[dict[What, str]] = {
    "request": "solicitud",
    "reminder": "recordatorio",
    "rejected": "rechazo",
    "thanks": "agradecimiento",
    "cancelled": "cancelacion",
}


def queue_letter(
    office: Office, story: Story, what: What, *, provider: str, facts: Mapping[str, t.Any], mark: str = ""
) -> Story:
    """Keep a mail to a provider and queue it, unless that was done; where no mail can be sent it is kept as a draft.

    Args:
        office: whose case book it is queued in.
        story: of the case.
        what: which template.
        provider: its name in the providers file.
        facts: what the template names beside the contact and the case.
        mark: tells apart mails of one sort that may be sent more than once.
    """
    deployment, key = office.deployment, row_key(story, f"notice-provider_{what}", mark)
    if key in story.queued or any(event.event == MAIL and event.data.get("key") == key for event in story.events):
        return story
    row = _address(deployment, story, what, provider=provider, facts=facts)
    folder = MailFolder(deployment, story.number)
    if deployment.notices is None:
        content = write_draft(deployment, row)
        kept = folder.keep(_name_file("borrador", what, content), content)
        draft = {"direction": "draft", "what": what, "key": key, "to": row["to"], **kept.to_dict()}
        return office.book.record(story.number, MAIL, draft)
    content = write_letter(deployment, deployment.notices, {**row, "key": key}).content
    kept = folder.keep(_name_file("enviado", what, content), content)
    return queue(office.book, story.number, key, {**row, "eml": kept.to_dict()})


def _address(
    deployment: Deployment, story: Story, what: What, *, provider: str, facts: Mapping[str, t.Any]
) -> dict[str, t.Any]:
    """Return a mail as it is queued, to the contact of a provider."""
    settings = deployment.providers[provider]
    to, *cc = settings.contact.addresses
    return {
        "kind": NOTICE,
        "what": f"provider_{what}",
        "number": story.number,
        "to": to,
        "cc": cc,
        "provider": provider,
        "moment": datetime.now(UTC).isoformat(timespec="seconds"),
        "facts": {"name": settings.contact.name, "contract": settings.contract, **facts},
    }


def ask_for_copy(office: Office, story: Story, request: DeliveryRequest) -> Story:
    """Queue the mail that asks a provider for a copy: what, by when, and where to put it."""
    deployment = office.deployment
    hours = f"{deployment.providers[request.provider].promised_hours:g}"
    facts = {
        **_describe(office, request),
        "encrypted": deployment.providers[request.provider].drop.archive_password_file is not None,
        "department": deployment.database(request.database).department,
        "hours": hours.replace(".", ","),
    }
    return queue_letter(office, story, "request", provider=request.provider, facts=facts)


def remind(office: Office, story: Story, request: DeliveryRequest, *, reminder: str, late: bool) -> Story:
    """Queue a reminder of what was promised."""
    facts = {**_describe(office, request), "late": late}
    mark = f"{request.promise}-{reminder}"
    return queue_letter(office, story, "reminder", provider=request.provider, facts=facts, mark=mark)


def tell_unfit(office: Office, story: Story, request: DeliveryRequest, *, reason: str) -> Story:
    """Queue the mail that says why what was delivered cannot be used; each rejection is told once."""
    # The reason may name a file as the provider did.
    facts = {**_describe(office, request), "reason": clean_line(reason)[:_LONGEST]}
    mark = str(len(request.rejected))
    return queue_letter(office, story, "rejected", provider=request.provider, facts=facts, mark=mark)


def thank(office: Office, story: Story) -> Story:
    """Queue the thanks for a copy that a provider delivered and that is proven; nothing for any other copy."""
    request, copy = find_request(story), story.copy
    if request is None or copy is None or not is_configured(office, request):
        return story
    if (story.started.get("mode"), copy.data.get("subject")) != ("remote", request.database):
        return story  # it was asked for, and then made in another way
    from copias.package.facts import ProofLevel

    facts = {
        "database": _describe(office, request)["database"],
        "sha256": copy.data.get("delivered_sha256", ""),
        "restored": copy.proof.get("level") in {ProofLevel.RESTORED.value, ProofLevel.LOADED.value},
    }
    return queue_letter(office, story, "thanks", provider=request.provider, facts=facts)


def tell_cancelled(office: Office, story: Story) -> Story:
    """Queue the mail that says that a copy is not needed any more: what was asked for and did not come yet."""
    request = find_request(story)
    if request is None or story.copy is not None or not is_configured(office, request):
        return story
    facts = _describe(office, request)
    return queue_letter(office, story, "cancelled", provider=request.provider, facts=facts)


def _describe(office: Office, request: DeliveryRequest) -> dict[str, t.Any]:
    settings, database = office.deployment.providers[request.provider], office.deployment.databases[request.database]
    return {
        "database": database.database,
        "requested": say_moment(request.requested_at),
        "promised": say_moment(request.promised),
        "place": settings.drop.describe(request.number),
    }


def _name_file(state: str, what: What, content: bytes) -> str:
    """Return the name of a mail's file: of two that write the same mail at once, neither overwrites the other's."""
    return f"{state}-{_FILE_WORDS[what]}-{hashlib.sha256(content).hexdigest()[:12]}.eml"
