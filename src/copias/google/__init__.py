"""Access to Google's APIs: one way to a token, one to a service, one retry layer.

Only the settings are imported here; Google's client libraries are heavy and are loaded at the first call.
"""

from copias.google.settings import GoogleSettings

__all__ = ["GoogleSettings"]
