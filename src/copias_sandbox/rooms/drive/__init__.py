"""Google Drive v3: My Drive and shared drives."""
