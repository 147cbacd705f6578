"""The command line that agents, cron and administrators use. Its text is Spanish."""

from copias.cli.app import main

__all__ = ["main"]
