"""Demo data: invented people and a year of help-desk cases, the same for the same seed."""
