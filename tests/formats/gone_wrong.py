"""Parsers for the sandbox's tests to run: one that is good and many that went wrong."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from annotations.formats.base import FormatError
from annotations.formats.sandbox import MAX_ANSWER


def good(data: bytes, *more: str) -> Mapping[str, object]:
    sys.stdout.write("a library that chats\n")
    os.write(1, b"and one in C that does\n")
    return {"text": data.decode(), "more": [*more], "pairs": [["a", "😀"]], "inner": [{"x": "y"}]}


def refuses(data: bytes) -> Mapping[str, object]:
    raise FormatError(f"{data.decode()} is no article.")


def raises(_data: bytes) -> Mapping[str, object]:
    raise KeyError("word/document.xml")


def loops(_data: bytes) -> Mapping[str, object]:
    while True:
        pass


def sleeps(_data: bytes) -> Mapping[str, object]:
    import time

    time.sleep(600)
    return {}


def hogs(_data: bytes) -> Mapping[str, object]:
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))


def dies(_data: bytes) -> Mapping[str, object]:
    os._exit(0)


def crashes(_data: bytes) -> Mapping[str, object]:
    os.abort()


def recurses(data: bytes) -> Mapping[str, object]:
    return recurses(data)


def floods(_data: bytes) -> Mapping[str, object]:
    return {"text": "x" * (MAX_ANSWER + 1)}


def floods_the_disk(_data: bytes) -> Mapping[str, object]:
    """Writes to the answer itself, as a library that was taken over could."""
    chunk = b"x" * 1_000_000
    # The sandbox keeps the answer's descriptor as the first that is free.
    while True:
        os.write(3, chunk)


def answers_a_list(_data: bytes) -> Mapping[str, object]:
    return cast("Mapping[str, object]", ["a"])


def answers_bytes(_data: bytes) -> Mapping[str, object]:
    return {"text": b"x"}


def connects(_data: bytes) -> Mapping[str, object]:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    return {}


def looks_up(_data: bytes) -> Mapping[str, object]:
    socket.getaddrinfo("localhost", 80)
    return {}


def starts_a_program(_data: bytes) -> Mapping[str, object]:
    subprocess.run([sys.executable, "-c", ""], check=True)
    return {}


def tells_its_surroundings(_data: bytes) -> Mapping[str, object]:
    return {
        "environment": sorted(os.environ),
        "modules": sorted(sys.modules),
        "root": str(Path.cwd()),
    }
