"""Copies that a provider delivers: asked for by mail, waited for, taken in, proven as far as they can be."""
