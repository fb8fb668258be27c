"""Which encoding a file is in, and what is said about it."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations.formats import decoding
from annotations.formats.base import FormatError
from annotations.formats.decoding import ENCODINGS, Decoded, decode

ENGLISH = (
    "“We’re not leaving,” said Áine O’Dwyer – who has run the café since 1998 – on Friday.\n"
    "The council’s offer of £20,000 was “an insult,” she said, and her neighbours agreed.\n"
)
LEGACY = {
    "windows-1252": ENGLISH,
    "macintosh": ENGLISH,
    "iso-8859-15": "Le billet coûtera 20 € dès lundi, a déclaré la régie à Genève, où il pleut.",
    "windows-1250": "Starosta v úterý oznámil, že most přes řeku zůstane zavřený až do května.",
    "iso-8859-2": "Burmistrz powiedział w środę, że wieś będzie miała nową szkołę już jesienią.",
    "windows-1251": "Мэр города заявил во вторник, что мост через реку закроют до мая.",
    "koi8-r": "Мэр города заявил во вторник, что мост через реку закроют до мая.",
    "windows-1253": "Ο δήμαρχος δήλωσε την Τρίτη ότι η γέφυρα θα μείνει κλειστή ως τον Μάιο.",
    "windows-1254": "Belediye başkanı salı günü köprünün mayısa kadar kapalı kalacağını açıkladı.",
    "windows-1255": "ראש העיר אמר ביום שלישי כי הגשר יישאר סגור עד חודש מאי",
    "windows-1256": "قال رئيس البلدية يوم الثلاثاء إن الجسر سيبقى مغلقا حتى شهر مايو.",
    "windows-874": "นายกเทศมนตรีกล่าวเมื่อวันอังคารว่าสะพานจะปิดจนถึงเดือนพฤษภาคม",
    "shift_jis": "市長は火曜日、橋は五月まで閉鎖されると発表した。",
    "euc-jp": "市長は火曜日、橋は五月まで閉鎖されると発表した。",
    "euc-kr": "시장은 화요일 다리가 오월까지 폐쇄된다고 밝혔다.",
    "gb18030": "市长星期二宣布，这座桥将关闭到五月，居民对此表示不满。",
    "big5": "市長星期二宣布，這座橋將關閉到五月，居民對此表示不滿。",
}
PYTHON_NAMES = {"macintosh": "mac-roman", "windows-874": "cp874"}


def encoded(text: str, encoding: str) -> bytes:
    return text.encode(PYTHON_NAMES.get(encoding, encoding))


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16-le"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_a_byte_order_mark_decides(codec: str, name: str) -> None:
    decoded = decode(ENGLISH.encode(codec))
    assert decoded.encoding == name
    assert decoded.text == "\ufeff" + ENGLISH
    assert decoded.reason.endswith("by its byte-order mark")
    assert decoded.notes == ()


def test_a_byte_order_mark_overrules_the_choice_and_says_so() -> None:
    decoded = decode(ENGLISH.encode("utf-8-sig"), chosen="windows-1252")
    assert decoded.encoding == "utf-8"
    assert "byte-order mark says UTF-8" in decoded.notes[0]


def test_a_choice_overrules_what_the_bytes_look_like() -> None:
    decoded = decode("Müller".encode(), chosen="windows-1252")
    assert (decoded.text, decoded.encoding) == ("MÃ¼ller", "windows-1252")


def test_a_choice_that_does_not_fit_is_refused_at_its_first_bad_byte() -> None:
    with pytest.raises(FormatError, match=r"lead\.txt is not in UTF-8: byte 3 does not fit"):
        decode("café is shut".encode("latin-1"), chosen="utf-8", name="lead.txt")


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(FormatError, match="no encoding called “rot13”"):
        decode(b"text", chosen="rot13")


@pytest.mark.parametrize("label", ["iso-8859-1", "ISO-8859-1", "latin1", "us-ascii", "cp1252"])
def test_a_declared_latin_1_means_windows_1252_as_in_browsers(label: str) -> None:
    decoded = decode("“Müller”".encode("cp1252"), declared=label)
    assert (decoded.text, decoded.encoding) == ("“Müller”", "windows-1252")
    assert decoded.reason.endswith("as the file declares")


@pytest.mark.parametrize(
    ("label", "name"),
    [("gb2312", "gb18030"), ("Shift-JIS", "shift_jis"), ("ks_c_5601-1987", "euc-kr")],
)
def test_declared_labels_have_aliases(label: str, name: str) -> None:
    decoded = decode(encoded(LEGACY[name], name), declared=label)
    assert decoded.reason.endswith("as the file declares")
    assert (decoded.text, decoded.encoding) == (LEGACY[name], name)


def test_bytes_that_are_utf8_disprove_another_declaration() -> None:
    decoded = decode(ENGLISH.encode(), declared="iso-8859-1")
    assert (decoded.text, decoded.encoding) == (ENGLISH, "utf-8")
    assert "declares Western European (Windows-1252), but it is valid UTF-8" in decoded.notes[0]


@pytest.mark.parametrize("label", ["rot13", "unicode_escape", "zlib", "nonsense", "a\0b", "idna"])
def test_a_declared_label_that_names_no_charset_is_passed_over(label: str) -> None:
    assert decode(ENGLISH.encode(), declared=label).encoding == "utf-8"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [ENGLISH, LEGACY["shift_jis"] + "\n" + LEGACY["shift_jis"]])
def test_utf16_is_found_without_a_mark(encoding: str, text: str) -> None:
    decoded = decode(text.encode(encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)


@pytest.mark.parametrize("encoding", LEGACY)
def test_legacy_encodings_are_found_from_a_sentence(encoding: str) -> None:
    text = LEGACY[encoding]
    decoded = decode(encoded(text, encoding))
    assert (decoded.text, decoded.encoding) == (text, encoding)
    assert "is a guess" in decoded.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "The café closed.",
        "It cost £20.",
        "© 2031 The Harbour Gazette",
        "“Yes,” O’Dwyer said – twice.",
        "Jürgen flew to São Tomé.",
        "a naïve résumé",
        "the mayor’s office said…",
    ],
)
def test_one_odd_character_in_english_is_windows_1252(text: str) -> None:
    assert decode(text.encode("cp1252")).text == text


def test_the_telling_line_may_come_late() -> None:
    text = "Nothing but plain words here.\n" * 20_000 + "A café, at last – said Zoë.\n"
    assert decode(text.encode("cp1252")).text == text


def test_a_stray_byte_in_utf8_is_repaired_and_located() -> None:
    decoded = decode(b"The mayor\xe2\x80\x99s caf\xe9 closed.")
    assert decoded.text == "The mayor’s café closed."
    assert decoded.encoding == "utf-8"
    assert "damaged UTF-8 at byte 17" in decoded.notes[0]
    assert "1 place was" in decoded.notes[0]


def test_a_character_that_breaks_off_is_marked_as_lost() -> None:
    decoded = decode(b"The mayor\xe2\x80\x99s caf\xc3\xa9 and \xe2\x80")
    assert decoded.text == "The mayor’s café and \ufffd"


def test_plain_english_with_a_broken_line_is_repaired() -> None:
    decoded = decode(b"The ferry ran aground.\n" * 30 + b"\xda\x13\x07\x18")
    assert decoded.text.startswith("The ferry ran aground.")
    assert decoded.encoding == "utf-8"
    assert "damaged UTF-8 at byte 690: 1 place was" in decoded.notes[0]


def test_damaged_utf8_with_a_mark_is_repaired_too() -> None:
    decoded = decode(b"\xef\xbb\xbfcaf\xe9")
    assert decoded.text == "\ufeffcafé"
    assert "damaged UTF-8 at byte 6" in decoded.notes[0]


def test_damaged_utf16_with_a_mark_is_refused() -> None:
    with pytest.raises(FormatError, match="damaged at byte"):
        decode(b"\xff\xfea\x00b")


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"\xff\xd8\xff\xe0", "a JPEG image"),
        (b"GIF89a", "a GIF image"),
        (b"%PDF-1.7", "a PDF document"),
        (b"PK\x03\x04 word/document.xml", "a Word document"),
        (b"PK\x03\x04 anything", "a ZIP archive"),
        (b"MZ\x90\x00\x03", "a program"),
        (b"\x7fELF\x02", "a program"),
        (b"SQLite format 3\x00", "an SQLite database"),
    ],
)
def test_files_that_are_no_text_are_named(start: bytes, kind: str) -> None:
    with pytest.raises(FormatError, match=rf"^lead\.txt is not text: it looks like {kind}\."):
        decode(start + b"\x00\x01\x02 padding", name="lead.txt")


def test_bytes_without_a_known_beginning_are_no_text_either() -> None:
    with pytest.raises(FormatError, match="is not text"):
        decode(bytes(range(32)) * 50)


def test_a_stray_control_character_is_still_text() -> None:
    assert decode(b"Page one.\x1a").text == "Page one.\x1a"
    assert decode(b"one NUL\x00 in a longer line of text").encoding == "utf-8"


@pytest.mark.parametrize("data", [b"", b" \r\n\t", b"\xef\xbb\xbf", "\ufeff \n".encode("utf-16")])
def test_an_empty_file_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"^lead\.txt is empty\.$"):
        decode(data, name="lead.txt")


def test_a_file_above_the_limit_is_refused_with_both_sizes() -> None:
    with pytest.raises(FormatError, match=r"has 50\.0 MB\. The limit is 20 MB"):
        decode(b"a" * 50_000_000)


def test_every_offered_encoding_can_be_chosen() -> None:
    assert {decode(b"plain text", chosen=name).encoding for name, _ in ENCODINGS} == set(
        dict(ENCODINGS)
    )


def decoded_or_refused(data: bytes, **labels: str) -> Decoded | str:
    try:
        return decode(data, **labels)
    except FormatError as error:
        return str(error)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1))
def test_valid_utf8_comes_back_character_by_character(text: str) -> None:
    assume(text.strip("\ufeff").strip())
    assume(not decoding._CONTROLS.search(text))
    assert decode(text.encode(), chosen="utf-8").text == text


@given(st.binary(max_size=300), st.sampled_from(["", *dict(ENCODINGS)]), st.text(max_size=12))
def test_arbitrary_bytes_give_a_text_or_one_sentence(
    data: bytes, chosen: str, declared: str
) -> None:
    outcome = decoded_or_refused(data, chosen=chosen, declared=declared)
    if isinstance(outcome, str):
        assert outcome.endswith(".")
    else:
        outcome.text.encode()  # no lone surrogates
        assert outcome.encoding in {*dict(ENCODINGS), "utf-32-le", "utf-32-be"}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_known_whatever_is_declared(encoding: str) -> None:
    decoded = decode("Ulm slept all night.".encode(encoding), declared="iso-8859-1")
    assert (decoded.text, decoded.encoding) == ("Ulm slept all night.", encoding)


@pytest.mark.parametrize("declared", ["", "iso-2022-jp", "utf-8"])
def test_iso_2022_jp_is_known_by_its_escape_sequences(declared: str) -> None:
    text = "市長は火曜日、the ferry は五月まで閉鎖されると発表した。"
    decoded = decode(text.encode("iso-2022-jp"), declared=declared)
    assert (decoded.text, decoded.encoding, decoded.notes) == (text, "iso-2022-jp", ())
