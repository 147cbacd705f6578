"""Deliveries: files that somebody else puts in the folder of a case, found there and brought to this machine."""
