"""OpenAPI: routes, body schemas and security out of a document, and the contract into one."""
