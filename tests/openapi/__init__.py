"""OpenAPI documents as policies."""
