"""The administrator's audit: an auditor's questions, answered from the ledger and from what really lies there.

Every part is a :class:`copias.audit.model.Section`; :mod:`copias.audit.whole` puts them together after one pass over
the ledger (:mod:`copias.audit.ledger_pass`). Nothing here changes a copy.
"""
