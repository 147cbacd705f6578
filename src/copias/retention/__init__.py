"""Retention: what of the copies may go, by whose leave, and what no policy removes.

Nightly copies age by a schedule (so many days, weeks, months and years), and are removed by the night; sealed packages
expire by their record series, and are removed only once two people approved the exact list. Both are planned first,
and a plan names the reason of everything that stays.
"""
