"""Whether the site lives, and whether it is ready for work."""

from datetime import timedelta

from dj_queue.models import Process
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

#: A worker writes its heartbeat every ten seconds; one that is older than this is silent.
SILENT_AFTER = timedelta(seconds=45)


@login_not_required
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while the process lives."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """The database, its migrations, and the age of the newest worker's heartbeat in seconds."""
    try:
        database, migrations, age = True, not _pending_migrations(), _heartbeat_age()
    except DatabaseError:
        database, migrations, age = False, False, None
    worker = age is not None and age <= SILENT_AFTER.total_seconds()
    ready = database and migrations and worker
    body = {
        "ready": ready,
        "database": database,
        "migrations": migrations,
        "worker": worker,
        "worker_heartbeat_age": age,
    }
    return JsonResponse(body, status=200 if ready else 503)


def worker_is_silent() -> bool:
    """True when no worker has shown a sign of life lately: nothing will be worked off."""
    age = _heartbeat_age()
    return age is None or age > SILENT_AFTER.total_seconds()


def _pending_migrations() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _heartbeat_age() -> float | None:
    newest = Process.objects.order_by("-last_heartbeat_at").values_list(
        "last_heartbeat_at", flat=True
    )
    beat = newest.first()
    return None if beat is None else round((timezone.now() - beat).total_seconds(), 1)
