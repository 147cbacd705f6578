"""A mailbox case: mirrored, reconciled, packed, stored, and proven from what is stored."""
