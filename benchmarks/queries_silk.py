"""What counting costs in Django: run by queries.py in the peers' environment, prints JSON.

One view reads `sys.argv[1]` rows by key from SQLite in memory, one query each; it is called
`sys.argv[2]` times in each of three ways, by turns: as it is, within `CaptureQueriesContext`
(what `assertNumQueries` uses), and with django-silk as it is set up by default. Times are this
process's processor time, in microseconds a query: in the view alone, and of the whole request,
in which silk writes what it recorded.
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import django
from django.conf import settings

MANY, TIMES = int(sys.argv[1]), int(sys.argv[2])
settings.configure(
    SECRET_KEY="made up for a benchmark",
    ALLOWED_HOSTS=["testserver"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sessions",
        "silk",
    ],
    MIDDLEWARE=["silk.middleware.SilkyMiddleware"],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    ROOT_URLCONF="queries_silk",
    SILKY_INTERCEPT_FUNC=lambda request: request.path == "/silk",
    SILKY_MAX_RECORDED_REQUESTS=50,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
sys.modules["queries_silk"] = sys.modules["__main__"]
django.setup()

from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, reset_queries  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import path  # noqa: E402

inside: list[float] = []


def page(request):
    began = time.process_time()
    names = [Group.objects.get(pk=key).name for key in range(1, MANY + 1)]
    inside.append(time.process_time() - began)
    return HttpResponse(str(len(names)))


urlpatterns = [path("plain", page), path("silk", page)]


def microseconds(url: str, *, capture: bool = False) -> tuple[float, float]:
    """Return what a query took, in the view alone and with the whole request."""
    began = time.process_time()
    if capture:
        with CaptureQueriesContext(connection) as captured:
            answer = Client().get(url)
        assert len(captured) == MANY
    else:
        answer = Client().get(url)
    whole = time.process_time() - began
    assert answer.content == str(MANY).encode()
    reset_queries()
    return inside[-1] / MANY * 1e6, whole / MANY * 1e6


call_command("migrate", verbosity=0)
Group.objects.bulk_create(Group(name=f"group {n}") for n in range(MANY))
ways = {
    "plain": lambda: microseconds("/plain"),
    "captured": lambda: microseconds("/plain", capture=True),
    "silk": lambda: microseconds("/silk"),
}
spent: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
for turn in range(TIMES + 1):
    for way, run in ways.items():
        took = run()
        if turn:
            spent[way].append(took)

from silk.models import SQLQuery  # noqa: E402

assert SQLQuery.objects.count() >= MANY, "silk recorded nothing"
print(
    json.dumps(
        {
            "django": version("django"),
            "django-silk": version("django-silk"),
            **{
                way: {
                    "view_us": statistics.median(view for view, _ in took),
                    "request_us": statistics.median(whole for _, whole in took),
                }
                for way, took in spent.items()
            },
        }
    )
)
