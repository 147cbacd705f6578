"""A run of a playbook, detached from the terminal that starts it: a copy can take 48 hours."""
