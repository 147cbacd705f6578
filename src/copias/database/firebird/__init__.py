"""The driver for Firebird 3 and newer."""

from copias.database.firebird.driver import Firebird
from copias.database.firebird.scratch import ScratchServer

__all__ = ["Firebird", "ScratchServer"]
