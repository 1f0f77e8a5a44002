"""Django: `gunicorn shop:app` in this folder; in a project, the last line stands in wsgi.py."""

import json

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import Http404, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from statusware import wrap

RECIPES = {1: {"name": "Soup"}}


def show(request, number):
    if number not in RECIPES:
        raise Http404
    return JsonResponse(RECIPES[number])


@csrf_exempt
def create(request):
    RECIPES[number := max(RECIPES) + 1] = json.loads(request.body)
    return JsonResponse({"id": number, "by": request.META["REMOTE_USER"]}, status=201)


urlpatterns = [path("recipes/<int:number>", show), path("recipes", create)]

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"])
app = wrap(get_wsgi_application(), "statusware.toml")
