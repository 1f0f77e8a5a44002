"""For servers: `gunicorn recipes.wsgi:app`."""

from . import create_app

app = create_app()
