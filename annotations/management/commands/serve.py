"""``manage.py serve [HOST:PORT]``: the whole site with one command."""

import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from dataclasses import dataclass
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from annotations.actions.first_start import make_first_owner, make_sample_corpus
from annotations.actions.suggest import someone_waits
from annotations.tasks import suggest_waiting


class Command(BaseCommand):
    help = (
        "Migrates the database, makes the first owner and a sample corpus once, and starts the "
        "web server and a worker. Ctrl-C stops both; started again it finds its data."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="127.0.0.1:8000", metavar="HOST:PORT")

    def handle(self, *_args: object, **options: Any) -> None:
        address = _checked(options["address"])
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0, interactive=False)
        owner, password = make_first_owner()
        if password is not None:
            make_sample_corpus(owner)
        if someone_waits():
            suggest_waiting.enqueue()
        self.stdout.write(f"Address: http://{address}/")
        self.stdout.write(f"User: {owner.username}")
        if password is not None:
            self.stdout.write(f"Password: {password}")
        self.stdout.flush()
        _run(_web(address), [sys.executable, "manage.py", "worker"])


def _checked(address: str) -> str:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise CommandError(f"“{address}” is no address: write HOST:PORT, as in 127.0.0.1:8000.")
    return address


def _web(address: str) -> list[str]:
    settings_module = "python:newsroom.web_server"
    return [sys.executable, "-m", "gunicorn", "--config", settings_module, "--bind", address]


@dataclass
class _Child:
    """One of the processes that make up the site."""

    command: list[str]
    process: subprocess.Popen[bytes]
    started: float

    @classmethod
    def start(cls, command: list[str]) -> "_Child":
        process = subprocess.Popen(  # noqa: S603 - our own commands, no shell
            command,
            cwd=settings.BASE_DIR,
            env={**os.environ, "NEWSROOM_SERVER": str(os.getpid())},
            # A group of its own keeps the terminal's Ctrl-C from reaching it before us.
            start_new_session=True,
        )
        return cls(command, process, time.monotonic())

    def kept_alive(self) -> "_Child":
        """This child, or another in its place if it ended.

        Raises CommandError when it ended as soon as it was started: trying again won't help.
        """
        if self.process.poll() is None:
            return self
        if time.monotonic() - self.started < 3:
            raise CommandError(f"“{' '.join(self.command[1:4])}” ended as soon as it was started.")
        return self.start(self.command)

    def stop(self) -> None:
        try:
            self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def _run(*commands: list[str]) -> None:
    """Run the commands side by side until this process is told to stop; restart one that ends."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    children = [_Child.start(command) for command in commands]
    try:
        while True:
            time.sleep(0.5)
            children = [child.kept_alive() for child in children]
    except KeyboardInterrupt:
        pass
    finally:
        for child in children:
            child.process.terminate()
        for child in children:
            child.stop()
