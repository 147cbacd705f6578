"""The parts of a manifest that only a mailbox has."""

from __future__ import annotations

from copias.package.facts import Count, EntryFacts, Facts, Hash, Text


class DifferenceFacts(Facts):
    """A message that the source listed and the package does not hold: its id there, and why."""

    id: Text
    reason: Text


class MailboxFacts(Facts):
    """What was asked of the source and what it answered; ``None`` where it has no such number."""

    account: Text
    history_id: Count | None = None
    """Where the source's list of changes stood before the first message was listed."""
    listed_start: Count | None = None
    """Messages that the source listed before the first was read."""
    listed_end: Count | None = None
    """Messages that the source listed after the last was read."""
    differences: tuple[DifferenceFacts, ...] = ()
    sample: Count = 0
    """Messages that are fetched again and compared to prove the copy."""
    spam_and_trash: bool = True
    drafts: bool = True
    chats: bool = True


class DeliveryFacts(Facts):
    """What a user delivered, and how its messages were counted: the source itself was not asked."""

    files: tuple[EntryFacts, ...]
    """As they were delivered."""
    mailboxes: tuple[EntryFacts, ...]
    """The mbox files inside, by their names there."""
    messages: Count
    """Found in the mbox files."""
    repeated: Count
    """Of these, those that came again and are in the package once."""
    renamed: Count
    """Those that had the id of another message."""
    quoted: Count
    """Messages with a line ``>From `` of which it is not known whether the ``>`` is theirs."""
    doubtful: Count
    """Lines ``From `` that may have begun a message and were taken for text."""


class MessagesFacts(Facts):
    r"""The messages in the package, which ``index`` lists with their hashes: it stands for them in the manifest.

    ``sha256`` is that of the lines ``<id> <SHA-256 of the message>\n``, sorted by their bytes: two copies of a
    mailbox can be compared by it, however they are packed.
    """

    index: Text
    count: Count
    bytes: Count
    sha256: Hash
