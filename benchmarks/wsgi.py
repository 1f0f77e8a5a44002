"""For gunicorn: `BENCH_CONTESTANT=flask_hand gunicorn wsgi:app`."""

import importlib
import os

import worker

worker.quiet()
app = importlib.import_module(f"contestants.{os.environ['BENCH_CONTESTANT']}").build()
