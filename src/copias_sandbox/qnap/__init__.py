"""A QNAP File Station for tests: the HTTP calls and oddities that facts about real ones tell, nothing more."""
