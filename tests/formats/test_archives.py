"""Zip archives are opened without trusting what they say of themselves."""

import io
import stat
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.formats import archives
from annotations.formats.archives import Refused, open_archive
from annotations.formats.base import FormatError, Source

ARTICLE = b"The ferry ran aground on Tuesday, the coastguard said."


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def opened(data: bytes) -> list[Source | Refused]:
    return list(open_archive(Source("week.zip", data, encoding="koi8-r", language="ru")))


def refusal(data: bytes) -> Refused:
    (item,) = opened(data)
    assert isinstance(item, Refused)
    return item


def test_files_come_in_order_with_folders_choice_and_language() -> None:
    assert opened(zipped(("b/lead.txt", ARTICLE), ("a.html", b"<p>"))) == [
        Source("b/lead.txt", ARTICLE, encoding="koi8-r", language="ru"),
        Source("a.html", b"<p>", encoding="koi8-r", language="ru"),
    ]


def test_what_systems_add_is_skipped() -> None:
    data = zipped(
        ("folder/", b""),
        ("__MACOSX/folder/._lead.txt", b"x"),
        ("folder/.DS_Store", b"x"),
        ("Thumbs.db", b"x"),
        ("folder/lead.txt", ARTICLE),
    )
    assert [item.name for item in opened(data)] == ["folder/lead.txt"]


def test_names_of_old_archives_are_read_as_cp437() -> None:
    data = zipped(("caf_.txt", ARTICLE)).replace(b"caf_.txt", b"caf\x82.txt")
    assert [item.name for item in opened(data)] == ["café.txt"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../lead.txt", "leads out of the archive"),
        ("a/../../lead.txt", "leads out of the archive"),
        ("/etc/lead.txt", "absolute path"),
        ("C:/lead.txt", "absolute path"),
        ("c:lead.txt", "absolute path"),
        ("a\\lead.txt", "backslash"),
        ("a\x00.txt", "broken off"),
    ],
)
def test_a_name_that_could_do_harm_is_refused_and_the_rest_is_read(name: str, reason: str) -> None:
    # Written under a harmless name of the same length, since zipfile mends names itself.
    safe = "x" * len(name)
    data = zipped((safe, ARTICLE), ("good.txt", ARTICLE)).replace(safe.encode(), name.encode())
    bad, good = opened(data)
    assert isinstance(bad, Refused)
    assert bad.name == name
    assert reason in bad.reason
    assert isinstance(good, Source)


def test_a_name_with_two_dots_in_a_word_is_fine() -> None:
    (item,) = opened(zipped(("wait..what.txt", ARTICLE)))
    assert isinstance(item, Source)


def test_an_encrypted_member_is_refused() -> None:
    data = bytearray(zipped(("lead.txt", ARTICLE)))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refusal(bytes(data)).reason


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_are_refused(kind: int) -> None:
    info = zipfile.ZipInfo("lead.txt")
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    assert "link or a device" in refusal(zipped((info, b"/etc/passwd"))).reason


@pytest.mark.parametrize("name", ["inner.zip", "inner.tar", "inner.tar.gz", "INNER.7Z"])
def test_an_archive_within_is_refused_by_its_name(name: str) -> None:
    assert "itself an archive" in refusal(zipped((name, ARTICLE))).reason


def test_an_archive_within_is_refused_by_its_content() -> None:
    inner = zipped(("lead.txt", ARTICLE))
    assert "itself an archive" in refusal(zipped(("lead.txt", inner))).reason


def test_an_unusual_compression_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("lead.txt", ARTICLE)
    assert "unusual way" in refusal(buffer.getvalue()).reason


def test_a_damaged_member_is_refused_and_the_rest_is_read() -> None:
    data = bytearray(zipped(("bad.txt", ARTICLE), ("good.txt", ARTICLE)))
    data[30 + len("bad.txt") + 5] ^= 0xFF
    bad, good = opened(bytes(data))
    assert isinstance(bad, Refused)
    assert "damaged" in bad.reason
    assert isinstance(good, Source)


@pytest.mark.parametrize("cut", [0, 10, 60, -1])
def test_a_cut_archive_is_refused(cut: int) -> None:
    with pytest.raises(FormatError, match=r"week\.zip is not a complete zip archive"):
        opened(zipped(("lead.txt", ARTICLE))[:cut])


def test_something_else_named_zip_is_refused() -> None:
    with pytest.raises(FormatError, match="not a complete zip archive"):
        opened(ARTICLE)


@pytest.mark.parametrize("members", [[], [("folder/", b"")]])
def test_an_archive_without_files_is_refused(members: list[tuple[str, bytes]]) -> None:
    with pytest.raises(FormatError, match="holds no files"):
        opened(zipped(*members))


def bomb(megabytes: int) -> bytes:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb.txt", "w") as member,
    ):
        for _ in range(megabytes):
            member.write(b"\0" * 1_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("megabytes", "reason", "peak_limit"),
    [(10, "200 times its size", 10_000_000), (200, "more than 20 MB", 50_000_000)],
)
def test_a_bomb_is_given_up_in_bounded_memory(megabytes: int, reason: str, peak_limit: int) -> None:
    data = bomb(megabytes)
    tracemalloc.start()
    try:
        refused = refusal(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reason in refused.reason
    assert peak < peak_limit


def test_a_bomb_that_states_a_small_size_is_refused() -> None:
    data = bytearray(zipped(("bomb.txt", b"\0" * 5_000_000)))
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 100)
    struct.pack_into("<I", data, 22, 100)
    assert refusal(bytes(data)).reason


def test_members_that_share_their_bytes_are_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", ARTICLE * 100)
        archive.filelist *= 50
    items = opened(buffer.getvalue())
    assert len(items) == 50
    assert sum(isinstance(item, Source) for item in items) <= 1


def test_a_member_above_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILE_BYTES", 1_000)
    small, large = opened(zipped(("small.txt", b"a" * 1_000), ("large.txt", b"a" * 1_001)))
    assert isinstance(small, Source)
    assert isinstance(large, Refused)


def test_all_members_together_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 2_500)
    items = open_archive(
        Source("week.zip", zipped(*((f"{n}.txt", b"a" * 1_000) for n in range(5))))
    )
    assert [next(items).name, next(items).name] == ["0.txt", "1.txt"]
    with pytest.raises(FormatError, match="unpacks to more than"):
        next(items)


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    assert len(opened(zipped(*((f"{n}.txt", ARTICLE) for n in range(3))))) == 3
    with pytest.raises(FormatError, match="holds more than 3 files"):
        opened(zipped(*((f"{n}.txt", ARTICLE) for n in range(4))))


def test_a_huge_directory_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(FormatError, match="holds more than 5,000 files"):
        opened(zipped(("lead.txt", ARTICLE)) + b"PK\x01\x02" * 60_000)


@given(st.data())
def test_a_patched_archive_gives_sources_refusals_or_one_sentence(data: st.DataObject) -> None:
    content = bytearray(zipped(("lead.txt", ARTICLE), ("café.txt", ARTICLE * 20)))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] = data.draw(st.integers(0, 255))
    outcome = opened_or_refused(bytes(content))
    if isinstance(outcome, str):
        assert outcome.endswith(".")
    else:
        assert all(isinstance(item, Source) or item.reason.endswith(".") for item in outcome)


def opened_or_refused(data: bytes) -> list[Source | Refused] | str:
    try:
        return opened(data)
    except FormatError as error:
        return str(error)
