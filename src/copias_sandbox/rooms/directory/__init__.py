"""The Admin SDK's Directory."""
