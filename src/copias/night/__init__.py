"""Nightly copies: dumps that no case asked for, kept in a restic repository and aged by policy."""
