"""Zip archives of articles, opened without trusting what they claim about themselves.

An archive states the size of its members, and an attacker states it falsely: 42 kB can claim
to be small and expand to petabytes. So every limit is counted on the bytes that really come
out, while they come out, and a member is given up at the first byte too many.

An archive may hold further archives, one level deep, which share its limits.

Specification: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from annotations.formats import formats_of, is_archive
from annotations.formats._inception import choice_of
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import MAX_FILE_BYTES

#: Files in one upload, so that its report can still be read.
MAX_MEMBERS: Final = 5_000
#: Uncompressed bytes of all members together, including those that are refused half-way.
MAX_TOTAL_BYTES: Final = 500_000_000
#: Deflate reaches about 1,000 on a bomb's zeros and rarely 10 on text. Below the size a high
#: ratio does no harm.
MAX_RATIO: Final = 200
RATIO_COUNTS_FROM: Final = 1_000_000

_CHUNK: Final = 65_536
#: Entries of the central directory that are parsed at all: each costs about 1 kB of memory.
_MAX_ENTRIES: Final = 10 * MAX_MEMBERS
_ENTRY: Final = b"PK\x01\x02"
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 0x1
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_ARCHIVE_SUFFIXES: Final = frozenset(
    {".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".jar"}
)
#: What operating systems add to archives without being asked.
_CLUTTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_CLUTTER_FOLDER: Final = "__MACOSX"
_DAMAGED: Final = "it is damaged and cannot be unpacked."
_IN_AN_ARCHIVE: Final = "it is itself an archive. Unpack it, or upload it by itself."
_TOO_DEEP: Final = (
    "it is an archive in an archive in an archive. Unpack it, or upload it by itself."
)
_A_BOMB: Final = f"it unpacks to more than {MAX_RATIO} times its size, as only zip bombs do."


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that was not read; ``reason`` is a sentence for a person."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files that were passed over on purpose, ``files`` of them; ``reason`` says which and why.

    ``name`` is that of the archive, or of the one file.
    """

    name: str
    reason: str
    files: int = 1


@dataclass(frozen=True, slots=True)
class Spare:
    """A file that is to be stored only if a person says so: its text comes from another one."""

    source: Source
    reason: str = "a corpus has a text once, and another version of it is read."


type Entry = Source | Refused | LeftOut | Spare


@dataclass(frozen=True, slots=True)
class _Level:
    """How the members of an archive are called, and why zip archives among them are refused."""

    folder: str
    against_zips: str


@dataclass(slots=True)
class _Budget:
    """What was taken of that which all levels of one archive may take together.

    Raises FormatError where it is more.
    """

    name: str
    entries: int = 0
    files: int = 0
    size: int = 0

    def take_directory(self, data: bytes) -> None:
        """The directory is read into memory as a whole, so its entries are counted beforehand."""
        self.entries += data.count(_ENTRY)
        if self.entries > _MAX_ENTRIES:
            raise self._too_many()

    def take_files(self, count: int) -> None:
        self.files += count
        if self.files > MAX_MEMBERS:
            raise self._too_many()

    def take_bytes(self, count: int) -> None:
        self.size += count
        if self.size > MAX_TOTAL_BYTES:
            raise FormatError(
                f"{self.name} unpacks to more than {MAX_TOTAL_BYTES // 1_000_000} MB. "
                "Split it into several archives."
            )

    def _too_many(self) -> FormatError:
        return FormatError(
            f"{self.name} holds more than {MAX_MEMBERS:,} files. Split it into several archives."
        )


def open_archive(source: Source) -> Iterator[Source | Refused]:
    """The files of a zip archive, in its own order; lazy, one member in memory at a time.

    Names keep their folders. Folders and what operating systems add are skipped. Archives in it
    are refused.

    Raises FormatError, also between members, when the file is no zip archive or breaks a
    limit that holds for all members together.
    """
    budget = _Budget(source.name)
    level = _Level("", _IN_AN_ARCHIVE)
    with _opened(source, budget) as archive:
        members = _members(archive, source.name)
        budget.take_files(len(members))
        for info in members:
            yield _member(archive, info, source, level, budget)[0]


def open_nested(source: Source) -> Iterator[Entry]:
    """The same of an archive that may hold further zip archives, one level deep.

    The files of an archive in it are called ``inner.zip/file``, so that what belongs to them is
    looked for in the same archive; they count towards the limits of the outer one. Of an export
    of a whole INCEpTION project only the documents are read, see `annotations.formats._inception`.

    Raises FormatError as `open_archive` does.
    """
    budget = _Budget(source.name)
    level = _Level("", "")
    with _opened(source, budget) as archive:
        members = _members(archive, source.name)
        choice = choice_of(info.orig_filename for info in members)
        spare = choice.spare if choice else frozenset[str]()
        if choice:
            wanted = choice.read | spare
            members = [info for info in members if info.orig_filename in wanted]
            if not members:
                raise FormatError(f"{source.name} is an export from INCEpTION without documents.")
            yield LeftOut(source.name, choice.words, choice.passed_over)
        budget.take_files(len(members))
        for info in members:
            item, packed = _member(archive, info, source, level, budget)
            for file in _files_of(item, packed, budget):
                if info.orig_filename in spare and isinstance(file, Source):
                    yield Spare(file)
                else:
                    yield file


def _files_of(item: Source | Refused, packed: int, budget: _Budget) -> Iterator[Source | Refused]:
    """A member itself, or the files of the archive that it is; ``packed`` is its size in bytes.

    What comes out of an archive is held against the bytes that it had in the outer one: packed
    twice, zeros shrink to a millionth.
    """
    if not isinstance(item, Source) or not is_archive(item):
        yield item
        return
    budget.take_directory(item.data)
    archive = _zip_file(item.data)
    if archive is None:
        yield Refused(item.name, _incomplete("it"))
        return
    level = _Level(f"{item.name}/", _TOO_DEEP)
    with archive:
        members = [info for info in archive.infolist() if not _is_clutter(info)]
        if not members:
            yield Refused(item.name, "it holds no files.")
            return
        # The archive itself was counted as a file, but the report names those in it.
        budget.take_files(len(members) - 1)
        start = budget.size
        for info in members:
            file, _ = _member(archive, info, item, level, budget)
            if _is_bomb(budget.size - start, packed):
                yield Refused(item.name, _A_BOMB)
                return
            yield file


def _opened(source: Source, budget: _Budget) -> zipfile.ZipFile:
    budget.take_directory(source.data)
    archive = _zip_file(source.data)
    if archive is None:
        raise FormatError(_incomplete(source.name))
    return archive


def _zip_file(data: bytes) -> zipfile.ZipFile | None:
    try:
        return zipfile.ZipFile(BytesIO(data))
    # ValueError and the rest: a directory with impossible offsets, times or UTF-8 names.
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        return None


def _incomplete(what: str) -> str:
    return f"{what} is not a complete zip archive. Pack it anew, or upload its files."


def _members(archive: zipfile.ZipFile, name: str) -> list[zipfile.ZipInfo]:
    members = [info for info in archive.infolist() if not _is_clutter(info)]
    if not members:
        raise FormatError(f"{name} holds no files.")
    return members


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return info.is_dir() or _CLUTTER_FOLDER in parts[:1] or bool(_CLUTTER.intersection(parts[-1:]))


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, parent: Source, level: _Level, budget: _Budget
) -> tuple[Source | Refused, int]:
    """One member, or why it was refused, with the number of bytes that it has when packed."""
    # filename ends at a NUL, orig_filename is what the archive says.
    name = level.folder + info.orig_filename
    reason = _reason_against_name(info.orig_filename) or _reason_against_kind(info, level)
    if reason:
        return Refused(name, reason), 0
    data, size, reason = _unpacked(archive, info)
    budget.take_bytes(size)
    item = Source(name, data, encoding=parent.encoding, language=parent.language)
    if not reason and _hides_an_archive(item):
        reason = "it is itself an archive, or an office document of a kind that cannot be read."
    if reason:
        return Refused(name, reason), 0
    return item, info.compress_size


def _hides_an_archive(item: Source) -> bool:
    return item.data.startswith(b"PK\x03\x04") and not is_archive(item) and not formats_of(item)


def _reason_against_name(name: str) -> str:
    if not name or "\x00" in name:
        return "its name is empty or broken off."
    if "\\" in name:
        return "its name has a backslash in it."
    if name.startswith("/") or _DRIVE.match(name):
        return "its name is an absolute path."
    if ".." in name.split("/"):
        return "its name leads out of the archive."
    return ""


def _reason_against_kind(info: zipfile.ZipInfo, level: _Level) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted. Pack the archive without a password."
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG):
        return "it is a link or a device, not a file."
    suffix = PurePosixPath(info.filename).suffix.lower()
    against = level.against_zips if suffix == ".zip" else _IN_AN_ARCHIVE
    if against and suffix in _ARCHIVE_SUFFIXES:
        return against
    if info.compress_type not in _METHODS:
        return "it is compressed in an unusual way. Pack the archive with ordinary (deflate) zip."
    return ""


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[bytes, int, str]:
    """The member's bytes, how many were unpacked, and why they were given up if they were."""
    unpacked = bytearray()
    try:
        with archive.open(info) as stream:
            while chunk := stream.read(_CHUNK):
                unpacked += chunk
                if reason := _reason_against_size(len(unpacked), info.compress_size):
                    return b"", len(unpacked), reason
    # RuntimeError and NotImplementedError: encrypted or patched data that hides its flag.
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError):
        return b"", len(unpacked), _DAMAGED
    return bytes(unpacked), len(unpacked), ""


def _reason_against_size(unpacked: int, packed: int) -> str:
    if unpacked > MAX_FILE_BYTES:
        return f"it unpacks to more than {MAX_FILE_BYTES // 1_000_000} MB."
    return _A_BOMB if _is_bomb(unpacked, packed) else ""


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed
