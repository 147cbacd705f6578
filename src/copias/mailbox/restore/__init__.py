"""Giving messages of a package back: to a mailbox, once each, or as files."""
