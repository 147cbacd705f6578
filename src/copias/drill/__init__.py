"""Drills: copies are restored on a schedule, from the place that keeps them, compared and timed."""
