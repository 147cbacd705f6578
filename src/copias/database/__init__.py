"""Dump a database as a stream, restore it elsewhere, and prove that both hold the same."""

from copias.database.comparison import Difference, TableResult, compare, table_results
from copias.database.contract import (
    Connection,
    Contents,
    Driver,
    DumpRecord,
    LargeObjects,
    Sink,
    SourceFacts,
    TableDigest,
)
from copias.database.elsewhere import RestoresElsewhere, WarnsOfRestored
from copias.database.registry import ENGINES, driver_for
from copias.database.scratch_server import Scratch
from copias.database.verification import Verification, verify

__all__ = [
    "ENGINES",
    "Connection",
    "Contents",
    "Difference",
    "Driver",
    "DumpRecord",
    "LargeObjects",
    "RestoresElsewhere",
    "Scratch",
    "Sink",
    "SourceFacts",
    "TableDigest",
    "TableResult",
    "Verification",
    "WarnsOfRestored",
    "compare",
    "driver_for",
    "table_results",
    "verify",
]
