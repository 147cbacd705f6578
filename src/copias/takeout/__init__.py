"""Takeouts: what a user downloaded of their own mailbox, delivered for a case, becomes its sealed package."""
