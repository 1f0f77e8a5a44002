"""Credentials: who sends this request? One file a scheme; nothing here knows a server."""
