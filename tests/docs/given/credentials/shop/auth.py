def identify(environ):
    return None


def not_revoked(claims):
    return True
