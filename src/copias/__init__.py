"""Backup copies of a town hall, made, proven and registered by case.

The package does the work; Ansible's modules in ``plugins/`` are its face and the command line in
:mod:`copias.cli` is what agents and cron use. Nothing here imports ``ansible``.
"""

__version__ = "0.7.0"
