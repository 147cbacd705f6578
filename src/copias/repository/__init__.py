"""restic repositories, which keep the nightly copies: deduplicated, encrypted, checked.

restic itself is one program, run as a child by :class:`copias.repository.repository.Repository`. Nothing is imported
here, because the deployment's settings are part of this package and every command reads them.
"""
