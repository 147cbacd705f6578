"""Backup copies of a town hall, made, proven and registered by case.

The package does the work; Ansible's modules in ``plugins/`` are its face and the command line in
:mod:`copias.cli` is what agents and cron use. Nothing here imports ``ansible``.
"""

import warnings

# Debian 12 has Python 3.11: what Google says of it, at each start, no agent can do anything about.
warnings.filterwarnings("ignore", r"\s*You are using a Python version", FutureWarning)

__version__ = "0.2.0"
