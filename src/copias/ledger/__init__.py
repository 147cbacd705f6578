"""The ledger: what happened, in order, in a chain that shows any change made afterwards."""

from copias.ledger.chain import GENESIS, Event, Head, Ledger, Transaction

__all__ = ["GENESIS", "Event", "Head", "Ledger", "Transaction"]
