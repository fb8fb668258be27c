"""A parser in a process of its own, so that a file built to break it breaks nothing else.

Office documents, PDF and feeds are read by libraries of which some are written in C++ and all are
larger than this program. ``ask`` runs one function of one of our modules in a fresh Python that
has nothing of the caller's: no environment, no secrets in memory, no module but the function's.
The file goes in as bytes and the answer comes out as JSON, both through unnamed temporary files,
so nothing is unpickled and nobody waits for a pipe. The child may use so much memory, processor
time and disk and no more, makes no connection and starts no program; after ``seconds`` by the
clock it is killed.

Memory, processor time and disk are limited where the system can do it: on Linux all three, on
macOS all but the memory, on Windows only the clock counts.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final, Never

from annotations.formats.base import FormatError

#: What one file may take: seconds by the clock, bytes of address space, bytes of answer.
MAX_SECONDS: Final = 20.0
MAX_MEMORY: Final = 1_000_000_000
MAX_ANSWER: Final = 50_000_000

_ROOT: Final = Path(__file__).parents[2]
#: ``-I`` leaves out the caller's environment and working folder, so the path is given.
_START: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]); "
    "from annotations.formats.sandbox import serve; serve(sys.argv[2], sys.argv[3:])"
)
#: Without these Python or its libraries do not start on some systems.
_KEPT_VARIABLES: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
#: What a parser has no business with, by the names of Python's audit events.
_FORBIDDEN: Final = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object that came out of the sandbox, read with its types checked.

    Every method raises FormatError for a value of another type: then the child was taken over.
    """

    values: Mapping[str, object]
    name: str

    def text(self, key: str) -> str:
        """The string at ``key``."""
        value = self.values.get(key)
        return value if isinstance(value, str) else self._refuse()

    def texts(self, key: str) -> tuple[str, ...]:
        """The strings of the list at ``key``."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._refuse()
        return tuple(value)

    def pairs(self, key: str) -> list[tuple[str, str]]:
        """The pairs of strings of the list at ``key``."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(map(_is_pair, value)):
            self._refuse()
        return [(one, other) for one, other in value]

    def children(self, key: str) -> "list[Answer]":
        """The objects of the list at ``key``."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._refuse()
        return [Answer(each, self.name) for each in value]

    def _refuse(self) -> Never:
        raise _nonsense(self.name)


def ask(
    function: str,
    data: bytes,
    *arguments: str,
    name: str,
    seconds: float = MAX_SECONDS,
    memory: int = MAX_MEMORY,
) -> Answer:
    """What ``function`` makes of ``data``, found out in a child process.

    ``function`` is ``"package.module:function"``; it is called with the bytes and the
    ``arguments``, and returns a mapping that JSON can hold. ``name`` is what the sentences call the
    file, ``seconds`` are counted by the clock, ``memory`` in bytes of address space.

    Raises FormatError with what the function says in one, or that the child could not be started,
    died, took too long, too much memory, or answered nonsense.
    """
    command = [sys.executable, "-I", "-c", _START, str(_ROOT), function]
    command += [str(memory), str(seconds), *arguments]
    try:
        with TemporaryFile() as question, TemporaryFile() as answer:
            question.write(data)
            question.seek(0)
            status = _run(command, question.fileno(), answer.fileno(), seconds)
            size = answer.seek(0, os.SEEK_END)
            answer.seek(0)
            written = answer.read() if size <= MAX_ANSWER else b""
    except OSError:
        raise FormatError(
            f"{name} cannot be read now: this computer is short of memory, processes or disk space."
        ) from None
    if status is None:
        raise FormatError(
            f"{name} cannot be read: it took longer than {seconds:g} seconds, as no article does."
        )
    if status == _OUT_OF_MEMORY:
        raise FormatError(f"{name} cannot be read: it takes too much memory, as no article does.")
    if size > MAX_ANSWER or status == _TOO_LONG:
        raise FormatError(f"{name} cannot be read: more comes out of it than an article has.")
    if status:
        raise FormatError(f"{name} cannot be read: it is damaged or made to break programs.")
    return _answer(written, name)


def _run(command: list[str], question: int, answer: int, seconds: float) -> int | None:
    """The exit status of the command; None when it took too long and was killed."""
    environment = {key: os.environ[key] for key in _KEPT_VARIABLES if key in os.environ}
    # The command is made of this program's own names and numbers.
    with subprocess.Popen(  # noqa: S603
        command, stdin=question, stdout=answer, stderr=subprocess.DEVNULL, env=environment
    ) as child:
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            return None


def _answer(written: bytes, name: str) -> Answer:
    try:
        answer = json.loads(written)
    except (ValueError, RecursionError):
        raise _nonsense(name) from None
    if not isinstance(answer, dict):
        raise _nonsense(name)
    problem = answer.get("problem")
    if isinstance(problem, str):
        raise FormatError(problem)
    return Answer(answer, name)


def _nonsense(name: str) -> FormatError:
    return FormatError(f"{name} cannot be read: what came out of it makes no sense.")


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and [type(each) for each in value] == [str, str]


# --- Inside the child ---------------------------------------------------------------------------

#: Exit statuses with a meaning; none is one that Python or a shell uses.
_OUT_OF_MEMORY: Final = 70
_TOO_LONG: Final = 71
_FAILED: Final = 72


def serve(function: str, arguments: list[str]) -> None:
    """Answer one question: bytes on standard input, JSON on standard output. Ends the process."""
    memory, seconds, *rest = arguments
    answer_to = os.dup(1)
    # Whatever a library prints must not mix with the answer.
    os.dup2(2, 1)
    module, _, attribute = function.partition(":")
    asked: Callable[..., Mapping[str, object]] = getattr(import_module(module), attribute)
    _limit(int(memory), float(seconds))
    sys.addaudithook(_refuse_forbidden)
    os._exit(_reply(asked, rest, answer_to))


def _reply(asked: Callable[..., Mapping[str, object]], rest: list[str], answer_to: int) -> int:
    try:
        try:
            answer = asked(sys.stdin.buffer.read(), *rest)
        except FormatError as error:
            answer = {"problem": str(error)}
        written = json.dumps(answer).encode()
        if len(written) > MAX_ANSWER:
            return _TOO_LONG
        with open(answer_to, "wb") as stream:
            stream.write(written)
    except MemoryError:
        return _OUT_OF_MEMORY
    # Here every failure of a library ends, whatever it raises, as a status and not a traceback.
    except BaseException:  # noqa: BLE001
        return _FAILED
    return 0


def _limit(memory: int, seconds: float) -> None:
    try:
        import resource
    except ImportError:
        return
    limits = (
        (resource.RLIMIT_AS, memory),
        # A second more than the clock: who is late shall hear that, not that the file is damaged.
        (resource.RLIMIT_CPU, int(seconds) + 2),
        # Only the answer is written; a file above this limit is the sign that it is too long.
        (resource.RLIMIT_FSIZE, MAX_ANSWER + 1),
        (resource.RLIMIT_CORE, 0),
    )
    for limit, most in limits:
        # macOS refuses a limit of address space.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def _refuse_forbidden(event: str, _arguments: object) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(event)
