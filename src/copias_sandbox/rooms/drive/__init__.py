"""Google Drive v3, as far as a spreadsheet's client needs it."""
