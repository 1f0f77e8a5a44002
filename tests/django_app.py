"""Django apps with URLs of their own: a process configures Django once, each app its URLs."""

import logging
from functools import cache

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

__all__ = ["DjangoApp"]

#: The root of the URLs, which no app here asks.
urlpatterns = []


@cache
def configure():
    settings.configure(
        ROOT_URLCONF=__name__, SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None
    )
    django.setup()
    logging.getLogger("django.request").setLevel(logging.CRITICAL)


class Urls:
    """A URLconf, as an object that can be hashed."""

    def __init__(self, urlpatterns):
        self.urlpatterns = urlpatterns


class DjangoApp(WSGIHandler):
    """A WSGI app with these URLs."""

    def __init__(self, urls):
        configure()
        super().__init__()
        self.urls = Urls(urls)

    def get_response(self, request):
        request.urlconf = self.urls
        return super().get_response(request)
