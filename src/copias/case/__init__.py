"""A case, from the row in the sheet to the proof: its states, its story and the steps that move it."""
