"""Service accounts, delegation, grants and tokens."""
