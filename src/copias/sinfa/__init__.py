"""A SINFA case: the finance database is dumped into a package, stored, read back and proven by a restore."""
