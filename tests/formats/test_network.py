"""Nothing is fetched: no reader and no writer reaches for the network, whatever a file asks for."""

import re
import socket
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from annotations.formats import readers, writer_for, writers
from annotations.formats.base import FormatError, Source
from tests.formats import cast
from tests.formats.test_hostile import samples

# --- By what Python itself reports ----------------------------------------------------------------


class _Watch:
    """Refuses every socket while it is on; an audit hook stays for the life of a process."""

    def __init__(self) -> None:
        self.is_on = False
        self.seen: list[str] = []
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _arguments: object) -> None:
        if self.is_on and event.startswith(("socket.", "urllib.", "http.client.", "ftplib.")):
            self.seen.append(event)
            raise PermissionError(event)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The network is forbidden within; what swallows the refusal is found all the same."""
        self.seen.clear()
        self.is_on = True
        try:
            yield
        finally:
            self.is_on = False
        assert self.seen == []


WATCH = _Watch()


def test_the_watch_sees_what_is_swallowed() -> None:
    with pytest.raises(AssertionError, match=r"socket\."), WATCH.kept(), suppress(OSError):
        socket.create_connection(("127.0.0.1", 9))


# What a child process of the sandbox asks for is refused there, which `test_sandbox` shows, and
# makes the reading fail here.
@pytest.mark.parametrize("name", readers())
def test_every_reader_does_without_the_network(name: str) -> None:
    reader = readers()[name]
    found = [sample for sample in samples(name) if reader.may_own(sample.name)]
    assert found
    with WATCH.kept():
        for source in found:
            reader.recognises(source)
            reader.options(source)
            assert list(reader.read(source))


@pytest.mark.parametrize("name", writers())
def test_every_writer_does_without_the_network(name: str, tmp_path: Path) -> None:
    writer = writer_for(name)
    articles = [cast.news(id=1), cast.torture(id=2), cast.nested(id=3), cast.empty(id=4)]
    with WATCH.kept():
        writer.write(articles, tmp_path / f"c{writer.suffix}" if writer.suffix else tmp_path)


# --- By a server that files invite to -------------------------------------------------------------


class Bait(ThreadingHTTPServer):
    """Counts who comes, also from C libraries and child processes, of which no hook hears."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/bait"


class _Answer(BaseHTTPRequestHandler):
    server: Bait

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture(scope="module")
def bait() -> Iterator[Bait]:
    with Bait() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def invitations(data: bytes, address: str) -> Iterator[bytes]:
    """The same file with everything in it that could make a program fetch something."""
    here = address.encode()
    yield re.sub(rb"""(?<![="'])https?://[^\s"'<>\\)]+""", here, data)
    yield re.sub(rb"""(?<!xmlns=["'])https?://[^\s"'<>\\)]+(?=["'])""", here, data)
    if data.startswith(b"PK"):
        yield _with_outside_relations(data, address)
        return
    root = re.search(rb"<(?!\?|!)([\w:.-]+)", data)
    if root is None:
        return
    start, end = root.span()
    rest = data[start:]
    yield data[:start] + b'<!DOCTYPE %b SYSTEM "%b.dtd">' % (root[1], here) + rest
    yield data[:start] + b'<?xml-stylesheet href="%b.xsl" type="text/xsl"?>' % here + rest
    yield data[:start] + (
        b'<!DOCTYPE %b [<!ENTITY %% x SYSTEM "%b.ent"> %%x;]>' % (root[1], here) + rest
    )
    close = data.find(b">", end) + 1
    asking = (
        b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="%b.xml"/>'
        b'<base href="%b"/><link rel="stylesheet" href="%b.css"/><script src="%b.js"></script>'
        b'<img src="%b.png"/><iframe src="%b.html"></iframe><embed src="%b"/>'
        b'<meta http-equiv="refresh" content="0;url=%b"/>' % ((here,) * 8)
    )
    yield data[:close] + asking + data[close:]


def _with_outside_relations(data: bytes, address: str) -> bytes:
    """An office document whose pictures and template lie elsewhere."""
    changed = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            if member.filename.endswith(".rels"):
                kinds = b"image", b"attachedTemplate", b"subDocument", b"oleObject"
                outside = b"".join(
                    b'<Relationship Id="bait%d" TargetMode="External" Target="%b" Type="http://'
                    b'schemas.openxmlformats.org/officeDocument/2006/relationships/%b"/>'
                    % (number, address.encode(), kind)
                    for number, kind in enumerate(kinds)
                )
                content = content.replace(b"</Relationships>", outside + b"</Relationships>")
            new.writestr(member, content)
    return changed.getvalue()


def test_the_bait_is_there(bait: Bait) -> None:
    urllib.request.urlopen(bait.address).close()  # noqa: S310 - the test's own server
    assert bait.asked.pop() == "/bait"


@pytest.mark.parametrize("name", readers())
def test_no_reader_follows_an_invitation(name: str, bait: Bait) -> None:
    reader = readers()[name]
    for sample in samples(name):
        for data in dict.fromkeys(invitations(sample.data, bait.address)):
            source = Source(sample.name, data, beside=sample.beside)
            reader.recognises(source)
            reader.options(source)
            with suppress(FormatError):
                list(reader.read(source))
    assert bait.asked == []
