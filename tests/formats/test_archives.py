"""Zip archives are opened without trusting what they say of themselves."""

import io
import stat
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.formats import archives, belongs_to, companions_of
from annotations.formats.archives import Entry, Refused, open_archive, open_nested
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


# --- Archives in an archive ---------------------------------------------------------------------


def nested(data: bytes) -> list[Entry]:
    return list(open_nested(Source("all.zip", data, encoding="koi8-r", language="ru")))


def refusals(data: bytes) -> list[Refused]:
    return [item for item in nested(data) if isinstance(item, Refused)]


def test_the_files_of_an_archive_in_an_archive_come_under_both_names() -> None:
    week = zipped(("folder/", b""), ("b/lead.txt", ARTICLE), (".DS_Store", b"x"))
    assert nested(zipped(("a.txt", b"A."), ("2026/week.ZIP", week), ("z.txt", b"Z."))) == [
        Source("a.txt", b"A.", encoding="koi8-r", language="ru"),
        Source("2026/week.ZIP/b/lead.txt", ARTICLE, encoding="koi8-r", language="ru"),
        Source("z.txt", b"Z.", encoding="koi8-r", language="ru"),
    ]


def test_what_belongs_to_a_file_is_looked_for_in_the_same_archive_only() -> None:
    pair = zipped(("x.ann", b""), ("x.txt", b"One."))
    alone = zipped(("x.ann", b""))
    data = zipped(("x.txt", b"Other."), ("pair.zip", pair), ("alone.zip", alone))
    names = {item.name for item in nested(data) if isinstance(item, Source)}
    assert companions_of("pair.zip/x.ann", names) == ["pair.zip/x.txt"]
    assert companions_of("alone.zip/x.ann", names) == []
    assert belongs_to("x.txt", names) == ""
    assert belongs_to("pair.zip/x.txt", names) == "pair.zip/x.ann"


def test_a_package_has_the_files_of_its_own_archive_and_no_others() -> None:
    package = {"corpus.jsonl", "checksums.sha256"}
    inner = {f"p.zip/{name}" for name in (*package, "data/train.jsonl")}
    assert belongs_to("p.zip/data/train.jsonl", inner) == "p.zip/corpus.jsonl"
    assert belongs_to("more.zip/news.txt", {*package, "more.zip/news.txt"}) == ""


def test_an_archive_in_an_archive_in_an_archive_is_refused_in_one_line() -> None:
    data = zipped(("lead.txt", ARTICLE))
    for _ in range(30):
        data = zipped(("r.zip", data))
    (refused,) = refusals(data)
    assert refused.name == "r.zip/r.zip"
    assert refused.reason == (
        "it is an archive in an archive in an archive. Unpack it, or upload it by itself."
    )


def test_an_archive_under_another_name_is_not_opened() -> None:
    inner = zipped(("lead.txt", ARTICLE))
    assert "itself an archive" in refusals(zipped(("lead.txt", inner)))[0].reason
    assert "itself an archive" in refusals(zipped(("a.zip", zipped(("b.txt", inner)))))[0].reason
    assert "itself an archive" in refusals(zipped(("a.zip", zipped(("b.tgz", b"x")))))[0].reason


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        (zipped(("lead.txt", ARTICLE))[:-30], "not a complete zip archive"),
        (ARTICLE, "not a complete zip archive"),
        (zipped(), "holds no files"),
        (zipped(("folder/", b"")), "holds no files"),
    ],
)
def test_an_archive_within_that_cannot_be_opened_is_one_line_and_the_rest_is_read(
    inner: bytes, reason: str
) -> None:
    bad, good = nested(zipped(("bad.zip", inner), ("good.txt", ARTICLE)))
    assert isinstance(bad, Refused)
    assert bad.name == "bad.zip"
    assert reason in bad.reason
    assert isinstance(good, Source)


def test_a_name_within_that_could_do_harm_is_refused() -> None:
    inner = zipped(("../x.txt", ARTICLE), ("good.txt", ARTICLE))
    bad, good = nested(zipped(("a.zip", inner)))
    assert isinstance(bad, Refused)
    assert bad.name == "a.zip/../x.txt"
    assert "leads out of the archive" in bad.reason
    assert isinstance(good, Source)
    assert good.name == "a.zip/good.txt"


def test_limits_count_all_archives_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def days(count: int) -> bytes:
        day = zipped(("1.txt", ARTICLE), ("2.txt", ARTICLE))
        return zipped(*((f"{n}.zip", day) for n in range(count)))

    monkeypatch.setattr(archives, "MAX_MEMBERS", 4)
    assert len(nested(days(2))) == 4
    with pytest.raises(FormatError, match=r"all\.zip holds more than 4 files"):
        nested(days(3))


def test_bytes_count_at_all_levels_together(monkeypatch: pytest.MonkeyPatch) -> None:
    day = zipped(("1.txt", b"a" * 1_000))
    data = zipped(*((f"{n}.zip", day) for n in range(3)))
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 3 * (1_000 + len(day)))
    assert len(nested(data)) == 3
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 3 * (1_000 + len(day)) - 1)
    with pytest.raises(FormatError, match=r"all\.zip unpacks to more than"):
        nested(data)


def test_entries_of_all_directories_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = zipped(("lead.txt", ARTICLE), *((f"{n}/", b"") for n in range(30)))
    data = zipped(*((f"{n}.zip", folders) for n in range(4)))
    monkeypatch.setattr(archives, "_MAX_ENTRIES", 4 * 31 + 4)
    assert len(nested(data)) == 4
    monkeypatch.setattr(archives, "_MAX_ENTRIES", 4 * 31 + 3)
    with pytest.raises(FormatError, match="holds more than"):
        nested(data)


@pytest.mark.parametrize(
    "inner",
    [
        # One that its own archive would give away as well,
        bomb(10),
        # and many, each too small to count, that only together are one.
        zipped(*((f"{n}.txt", b"\0" * 900_000) for n in range(100))),
    ],
    ids=["one file", "many files"],
)
def test_a_bomb_packed_twice_is_given_up_in_bounded_memory(inner: bytes) -> None:
    data = zipped(("inner.zip", inner), ("good.txt", ARTICLE))
    assert len(data) < 20_000
    tracemalloc.start()
    try:
        items = nested(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    (refused,) = [item for item in items if isinstance(item, Refused)]
    assert "200 times its size" in refused.reason
    assert refused.name.startswith("inner.zip")
    assert [item.name for item in items if isinstance(item, Source)][-1] == "good.txt"
    assert sum(len(item.data) for item in items if isinstance(item, Source)) < 4_000_000
    assert peak < 10_000_000


def test_an_archive_within_that_is_a_bomb_itself_is_given_up() -> None:
    (refused,) = refusals(zipped(("inner.zip", b"PK\x03\x04" + bytes(5_000_000))))
    assert "200 times its size" in refused.reason


def test_an_ordinary_archive_packed_twice_is_no_bomb() -> None:
    text = "".join(f"On day {n} the ferry sailed at {n % 24}:{n % 60:02}.\n" for n in range(60_000))
    assert len(text) > archives.RATIO_COUNTS_FROM
    assert not refusals(zipped(("inner.zip", zipped(("log.txt", text.encode())))))


@given(st.data())
def test_patched_archives_in_an_archive_give_sources_and_refusals_or_a_refusal(
    data: st.DataObject,
) -> None:
    inner = bytearray(zipped(("lead.txt", ARTICLE), ("deep.zip", zipped(("x.txt", ARTICLE)))))
    for _ in range(data.draw(st.integers(0, 3))):
        inner[data.draw(st.integers(0, len(inner) - 1))] = data.draw(st.integers(0, 255))
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("a.zip", bytes(inner))
        archive.writestr("b.txt", ARTICLE)
    content = bytearray(outer.getvalue())
    for _ in range(data.draw(st.integers(0, 2))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(FormatError):
        for item in open_nested(Source("all.zip", bytes(content))):
            assert isinstance(item, Source) or (
                isinstance(item, Refused) and item.reason.endswith(".")
            )
