def app(environ, start_response):
    """Any app."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine"]
