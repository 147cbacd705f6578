"""Sockets on 127.0.0.1: plain HTTP, TLS with a CA of its own, a CONNECT proxy, the admin port."""
