"""OpenAPI documents: read into a policy's routes, and written from them."""
