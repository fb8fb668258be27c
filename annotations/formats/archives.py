"""Zip archives of articles, opened without trusting what they claim about themselves.

An archive states the size of its members, and an attacker states it falsely: 42 kB can claim
to be small and expand to petabytes. So every limit is counted on the bytes that really come
out, while they come out, and a member is given up at the first byte too many.

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

from annotations.formats import formats_of
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


@dataclass(frozen=True, slots=True)
class Refused:
    """A member that was not read; ``reason`` is a sentence for a person."""

    name: str
    reason: str


def open_archive(source: Source) -> Iterator[Source | Refused]:
    """The files of a zip archive, in its own order; lazy, one member in memory at a time.

    Names keep their folders. Folders and what operating systems add are skipped.

    Raises FormatError, also between members, when the file is no zip archive or breaks a
    limit that holds for all members together.
    """
    with _opened(source) as archive:
        members = [info for info in archive.infolist() if not _is_clutter(info)]
        if not members:
            raise FormatError(f"{source.name} holds no files.")
        if len(members) > MAX_MEMBERS:
            raise _too_many(source.name)
        total = 0
        for info in members:
            item, size = _member(archive, info, source)
            total += size
            if total > MAX_TOTAL_BYTES:
                raise FormatError(
                    f"{source.name} unpacks to more than {MAX_TOTAL_BYTES // 1_000_000} MB. "
                    "Split it into several archives."
                )
            yield item


def _opened(source: Source) -> zipfile.ZipFile:
    # The directory is read into memory as a whole, so its entries are counted beforehand.
    if source.data.count(_ENTRY) > _MAX_ENTRIES:
        raise _too_many(source.name)
    try:
        return zipfile.ZipFile(BytesIO(source.data))
    # ValueError and the rest: a directory with impossible offsets, times or UTF-8 names.
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError):
        raise FormatError(
            f"{source.name} is not a complete zip archive. Pack it anew, or upload its files."
        ) from None


def _too_many(name: str) -> FormatError:
    return FormatError(
        f"{name} holds more than {MAX_MEMBERS:,} files. Split it into several archives."
    )


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(info.filename).parts
    return info.is_dir() or _CLUTTER_FOLDER in parts[:1] or bool(_CLUTTER.intersection(parts[-1:]))


def _member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, source: Source
) -> tuple[Source | Refused, int]:
    """One member, or why it was refused, with the number of bytes that were unpacked."""
    # filename ends at a NUL, orig_filename is what the archive says.
    name = info.orig_filename
    reason = _reason_against_name(name) or _reason_against_kind(info)
    if reason:
        return Refused(name, reason), 0
    data, size, reason = _unpacked(archive, info)
    item = Source(name, data, encoding=source.encoding, language=source.language)
    if not reason and data.startswith(b"PK\x03\x04") and not formats_of(item):
        reason = "it is itself an archive, or an office document of a kind that cannot be read."
    if reason:
        return Refused(name, reason), size
    return item, size


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


def _reason_against_kind(info: zipfile.ZipInfo) -> str:
    if info.flag_bits & _ENCRYPTED:
        return "it is encrypted. Pack the archive without a password."
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG):
        return "it is a link or a device, not a file."
    if PurePosixPath(info.filename).suffix.lower() in _ARCHIVE_SUFFIXES:
        return "it is itself an archive. Unpack it, or upload it by itself."
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
    if unpacked > RATIO_COUNTS_FROM and unpacked > MAX_RATIO * packed:
        return f"it unpacks to more than {MAX_RATIO} times its size, as only zip bombs do."
    return ""
