"""What the benchmarks share: a site of their own, and how a figure is printed.

Every benchmark measures its floor and the thing itself in one run, in turn, and prints their
ratio: machines differ and are noisy, ratios much less so. Run one as

    .venv/bin/python -m benchmarks.correction

on SQLite, in a temporary folder; with ``DATABASE_URL`` set, on a PostgreSQL test database.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit


def start_site() -> None:
    """Set Django up on an empty database of its own, which goes away at the end."""
    folder = tempfile.mkdtemp(prefix="newsroom-benchmark-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["DATA_DIR"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    os.environ.setdefault("SPACY_PIPELINE", "")
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    if connection.vendor == "postgresql":
        name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
        atexit.register(connection.creation.destroy_test_db, name, verbosity=0)
        # Processes that a benchmark starts use the same database.
        url = urlsplit(os.environ["DATABASE_URL"])
        os.environ["DATABASE_URL"] = url._replace(path=f"/{name}").geturl()
    else:
        call_command("migrate", verbosity=0)
    settings.ALLOWED_HOSTS = ["*"]


def in_turn(
    floor: Callable[[], object], thing: Callable[[], object], *, rounds: int, warm_up: int = 5
) -> tuple[list[float], list[float]]:
    """Seconds of each call, floor and thing by turns, so that both meet the same machine."""
    floors: list[float] = []
    things: list[float] = []
    for i in range(rounds + warm_up):
        for call, seconds in ((floor, floors), (thing, things)):
            took = seconds_of(call)
            if i >= warm_up:
                seconds.append(took)
    return floors, things


def seconds_of(call: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def report(
    name: str, floors: list[float], things: list[float], *, limit: float, at_least: bool = False
) -> bool:
    """Print the medians, their ratio and whether it keeps the limit; the last line is JSON.

    The ratio is the thing's time in times the floor's; with ``at_least``, where more is better,
    the thing's speed in times the floor's.
    """
    floor, thing = statistics.median(floors), statistics.median(things)
    ratio = floor / thing if at_least else thing / floor
    rows = (milliseconds(floors), milliseconds(things))
    return verdict(name, floor, thing, ratio, rows, limit=limit, at_least=at_least)


def verdict(
    name: str,
    floor: float,
    thing: float,
    ratio: float,
    rows: tuple[str, str],
    *,
    limit: float,
    at_least: bool = False,
) -> bool:
    """Print a ratio and whether it keeps the limit, under a row in words for floor and thing.

    ``floor`` and ``thing`` are in seconds.
    """
    from django.db import connection

    kept = ratio >= limit if at_least else ratio <= limit
    sign = "≥" if at_least else "≤"
    print(f"{name} ({connection.vendor})")
    print(f"  floor  {rows[0]}")
    print(f"  thing  {rows[1]}")
    print(f"  ratio  {ratio:9.2f}      wanted {sign} {limit}: {'kept' if kept else 'NOT KEPT'}")
    print(
        json.dumps(
            {
                "name": name,
                "database": connection.vendor,
                "floor_ms": round(floor * 1000, 3),
                "thing_ms": round(thing * 1000, 3),
                "ratio": round(ratio, 3),
                "limit": limit,
                "kept": kept,
            }
        )
    )
    return kept


def milliseconds(seconds: list[float]) -> str:
    """The median and the 95th percentile of so many calls, in words."""
    median = statistics.median(seconds) * 1000
    return f"{median:9.2f} ms   p95 {p95(seconds) * 1000:9.2f} ms   n {len(seconds)}"


def p95(values: list[float]) -> float:
    """The 95th percentile: of 40 values the third largest."""
    return sorted(values)[max(0, round(len(values) * 0.95) - 1)]


def serve() -> str:
    """Start the site; its address, once a worker is ready. It ends with this process."""
    from django.conf import settings

    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    site = subprocess.Popen(
        [sys.executable, "manage.py", "serve", host],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "newsroom.settings"},
    )
    atexit.register(_stop, site)
    address = f"http://{host}"
    for _ in range(300):
        time.sleep(0.2)
        assert site.poll() is None, "the site did not start"
        try:
            with urllib.request.urlopen(f"{address}/readyz"):  # noqa: S310 - our own address
                return address
        except urllib.error.URLError:
            continue
    raise TimeoutError("the site was not ready after a minute")


def _stop(site: subprocess.Popen[bytes]) -> None:
    site.send_signal(signal.SIGTERM)
    site.wait()
