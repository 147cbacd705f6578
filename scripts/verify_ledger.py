#!/usr/bin/env python3
"""Verify a ledger by itself: each line must name the SHA-256 of the line before it."""

import hashlib
import json
import sys


def verify(path: str) -> int:
    """Print count and head; a broken line is named and the exit code is 1."""
    head, count = "0" * 64, 0
    with open(path, "rb") as ledger:
        for count, line in enumerate(ledger, 1):
            try:
                event = json.loads(line)
            except ValueError:
                event = None
            if not isinstance(event, dict) or not line.endswith(b"\n"):
                print(f"línea {count}: no es un objeto JSON completo", file=sys.stderr)
                return 1
            if event.get("previous") != head:
                print(f"línea {count}: no continúa la anterior, cuyo SHA-256 es {head}", file=sys.stderr)
                return 1
            head = hashlib.sha256(line[:-1]).hexdigest()
    print(f"{count} líneas, cabeza {head}")
    return 0


if __name__ == "__main__":
    sys.exit(verify(sys.argv[1]) if len(sys.argv) == 2 else "uso: verify_ledger.py ledger.jsonl")
