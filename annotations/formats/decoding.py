"""From the bytes of an upload to characters: which encoding, why, and what was damaged.

The encoding is looked for in this order, and the first that fits is taken:

1. a byte-order mark (UTF-8, UTF-16, UTF-32);
2. what a person chose on the upload page;
3. UTF-16 without a mark, by its pattern of zero bytes, and ISO-2022-JP, by its escape sequences;
4. what the file declares of itself, read as browsers read such labels
   (https://encoding.spec.whatwg.org/#names-and-labels: ``iso-8859-1`` means windows-1252),
   unless the bytes prove to be UTF-8;
5. UTF-8;
6. UTF-8 with a few damaged bytes, which is never taken for another encoding;
7. the best fit by letter frequencies (chardet), preferring windows-1252 where it fits as well;
8. failing all, UTF-8 if no more than one byte in a hundred is damaged.
"""

import codecs
import re
from dataclasses import dataclass
from typing import Final

import chardet

from annotations.formats.base import FormatError

#: Larger files than this hold no single article; it bounds memory and time of every reader.
MAX_FILE_BYTES: Final = 20_000_000
#: spaCy refuses longer texts (``nlp.max_length``): parser and entity recogniser need about 1 GB
#: for every 100,000 characters, as its error E088 says.
MAX_ARTICLE_CHARACTERS: Final = 1_000_000

#: The encodings offered on the upload page: WHATWG name and title.
ENCODINGS: Final = (
    ("utf-8", "UTF-8"),
    ("utf-16-le", "UTF-16 little-endian"),
    ("utf-16-be", "UTF-16 big-endian"),
    ("windows-1252", "Western European (Windows-1252)"),
    ("iso-8859-15", "Western European with € (ISO 8859-15)"),
    ("macintosh", "Western European (Mac Roman)"),
    ("windows-1250", "Central European (Windows-1250)"),
    ("iso-8859-2", "Central European (ISO 8859-2)"),
    ("windows-1251", "Cyrillic (Windows-1251)"),
    ("koi8-r", "Cyrillic (KOI8-R)"),
    ("windows-1253", "Greek (Windows-1253)"),
    ("windows-1254", "Turkish (Windows-1254)"),
    ("windows-1255", "Hebrew (Windows-1255)"),
    ("windows-1256", "Arabic (Windows-1256)"),
    ("windows-1257", "Baltic (Windows-1257)"),
    ("windows-874", "Thai (Windows-874)"),
    ("shift_jis", "Japanese (Shift_JIS)"),
    ("euc-jp", "Japanese (EUC-JP)"),
    ("iso-2022-jp", "Japanese (ISO-2022-JP)"),
    ("euc-kr", "Korean (EUC-KR)"),
    ("gb18030", "Simplified Chinese (GB 18030)"),
    ("big5", "Traditional Chinese (Big5)"),
)
_TITLES: Final = {**dict(ENCODINGS), "utf-32-le": "UTF-32", "utf-32-be": "UTF-32"}

#: Python's codec of each encoding where the names differ: the superset that browsers use.
_PYTHON_CODECS: Final = {
    "windows-1252": "cp1252",
    "macintosh": "mac-roman",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1253": "cp1253",
    "windows-1254": "cp1254",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "windows-1257": "cp1257",
    "windows-874": "cp874",
    "shift_jis": "cp932",
    "euc-jp": "euc_jis_2004",
    "iso-2022-jp": "iso2022_jp_ext",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
}
#: Codecs that Python keeps apart and browsers read as one of ours; UTF-16 declared inside a
#: file that could be read without it is always UTF-8.
_DECLARED_ALIASES: Final = {
    "ascii": "windows-1252",
    "iso8859-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "iso8859-11": "windows-874",
    "tis-620": "windows-874",
    "shift_jis": "shift_jis",
    "euc_jp": "euc-jp",
    "iso2022_jp": "iso-2022-jp",
    "euc_kr": "euc-kr",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5",
    "utf-16": "utf-8",
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}
_MARKS: Final = (
    # UTF-32 first: its little-endian mark starts with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
#: What chardet may answer: legacy encodings only, since those that prove themselves have been ruled
#: out before.
_LEGACY: Final = tuple(
    name for name, _ in ENCODINGS if not name.startswith("utf-") and name != "iso-2022-jp"
)
#: How ISO-2022-JP goes over to Japanese characters and back; no other text has both.
_TO_JAPANESE: Final = (b"\x1b$B", b"\x1b$@")
_TO_LATIN: Final = (b"\x1b(B", b"\x1b(J")
#: How close to the best guess another must come to count as fitting "as well". Measured on
#: single sentences of 20 languages: a wrong windows-1252 reached 0.65, a right one 0.87.
_AS_GOOD: Final = 0.85
#: Below this confidence there are too few letters to tell by, and every encoding that makes
#: sense competes. Measured on the same sentences: outside Western Europe right guesses were
#: above 0.12.
_UNSURE: Final = 0.1
_GUESS_BYTES: Final = 200_000

#: First bytes of files that are no text, with what they are.
_SIGNATURES: Final = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%PDF-", "a PDF document"),
    (b"{\\rtf", "an RTF document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Microsoft Office document"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh91AY&SY", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"RIFF", "an image, sound or video file"),
    (b"ID3\x03", "a sound file"),
    (b"ID3\x04", "a sound file"),
    (b"OggS\x00", "a sound file"),
    (b"\x00\x00\x00\x18ftyp", "a video file"),
    (b"\x00\x00\x00\x1cftyp", "a video file"),
    (b"\x00\x00\x00 ftyp", "a video file"),
)
#: Folders inside an office document, which is a zip, and what their presence tells.
_ZIPPED_DOCUMENTS: Final = (
    (b"word/", "a Word document"),
    (b"xl/", "an Excel workbook"),
    (b"ppt/", "a PowerPoint presentation"),
    (b"mimetypeapplication/vnd.oasis", "an OpenDocument file"),
    (b"mimetypeapplication/epub", "an e-book"),
)
#: Bytes that are not UTF-8, as Python's surrogateescape shows them: the beginning of a
#: character without its end, or a single byte.
_DAMAGE: Final = re.compile("[\udcc2-\udcf4][\udc80-\udcbf]{1,2}|[\udc80-\udcff]")
_BEYOND_ASCII: Final = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
#: A character beside another that hardly any writing puts there, but a wrong decoding does.
_ODD: Final = re.compile(
    r"[^\W\d_][¡-©«¬®-´¶-¹»-¿×÷‚„†‡•‰‹›€™ˆ˜˙˚˛¸˝˘ˇ◊√∞∫≈∆Ω∂∑∏π](?=[^\W\d_])"  # a sign in a word
    r"|[^\W\d_][‘“„](?=\s)"  # an opening quotation mark that closes a word
    r"|[a-zß-öø-ÿ][À-ÖØ-ÞŒŠŽŸ]"  # a capital at the end or in the middle of a word
    r"|[A-Z][À-ÖØ-ÞŒŠŽŸ](?=[A-Z]?[a-z])"
    r"|[,.;:!?][À-ÖØ-öø-ÿ]"  # a letter glued to the punctuation before it
    r"|(?<!\S)[ÐÑÒÓÔÕÖÙÚÛÜÝÞŒŠŽŸ](?!\S)"  # a capital alone, as a dash would be
    r"|(?<!\S)[ÒÓÔ](?=[A-Z][a-z]|[a-z]+ )"  # a capital where a quotation would open
    r"|[À-ÖØ-öø-ÿ]{4}"  # accents only
    r"|[A-Za-z][\u0370-\u04ff\u0590-\u06ff]"  # two scripts in one word
    r"|[\u0370-\u04ff\u0590-\u06ff][A-Za-z]"
    r"|[¤\x80-\x84\x86-\x9f\ue000-\uf8ff]"  # what nobody types at all
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The characters of a file and how they were found.

    ``text`` may start with U+FEFF, which normalisation drops and reports. ``encoding`` is a
    lower-case WHATWG name. ``reason`` says why it was taken; ``notes`` are sentences about
    what a person should check.
    """

    text: str
    encoding: str
    reason: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, *, chosen: str = "", declared: str = "", name: str = "The file") -> Decoded:
    """Read ``data`` as text.

    ``chosen`` is a name from ENCODINGS that a person picked, ``declared`` the label that the
    file itself gives; ``name`` is what the sentences call the file.

    Raises FormatError when the file is empty, too large, no text, or not in the encoding
    that was chosen.
    """
    check_size(data, name)
    kind = binary_kind(data)
    if kind:
        raise _not_text(name, f"it looks like {kind}")
    decoded = (
        _by_mark(data, chosen, name)
        or _by_choice(data, chosen, name)
        or _by_zero_bytes(data)
        or _by_escapes(data)
        or _by_declaration(data, declared)
        or _as_utf8(data)
        or _as_damaged_utf8(data)
        or _by_guess(data)
        or _as_damaged_utf8(data, is_last_resort=True)
    )
    if decoded is None:
        raise _not_text(name, "its bytes make sense in no known encoding")
    if _is_mostly_control(decoded.text):
        raise _not_text(name, "it holds too many characters that no text has")
    check_text(decoded.text, name)
    return decoded


def check_size(data: bytes, name: str) -> None:
    """Raise FormatError for a file above MAX_FILE_BYTES."""
    if len(data) > MAX_FILE_BYTES:
        raise FormatError(
            f"{name} has {len(data) / 1_000_000:.1f} MB. The limit is "
            f"{MAX_FILE_BYTES // 1_000_000} MB for one article's file. Split it into articles."
        )


def check_text(text: str, name: str) -> None:
    """Raise FormatError for a text in which nothing can be read."""
    if not text.strip("\ufeff").strip():
        raise FormatError(f"{name} is empty.")


def check_article_length(text: str, name: str) -> None:
    """Raise FormatError for an article above MAX_ARTICLE_CHARACTERS."""
    if len(text) > MAX_ARTICLE_CHARACTERS:
        raise FormatError(
            f"The text of {name} has {len(text):,} characters. The limit is "
            f"{MAX_ARTICLE_CHARACTERS:,} for one article, because the language pipeline takes "
            "no longer text. Split it into articles."
        )


def binary_kind(data: bytes) -> str:
    """What a file that is no text is, by its first bytes ("a PNG image"); empty if unknown."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(b"MZ") and b"\x00" in data[:64]:
        return "a program"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return next((kind for folder, kind in _ZIPPED_DOCUMENTS if folder in data), "a ZIP archive")
    return ""


def _not_text(name: str, why: str) -> FormatError:
    return FormatError(
        f"{name} is not text: {why}. Upload the article as plain text, Markdown or HTML."
    )


def _codec(encoding: str) -> str:
    return _PYTHON_CODECS.get(encoding, encoding)


def _by_mark(data: bytes, chosen: str, name: str) -> Decoded | None:
    encoding = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), "")
    if not encoding:
        return None
    title = _TITLES[encoding]
    reason = f"{title} by its byte-order mark"
    notes: tuple[str, ...] = ()
    if chosen and chosen != encoding:
        notes = (f"The file's byte-order mark says {title}, so that was taken.",)
    try:
        return Decoded(data.decode(encoding), encoding, reason, notes)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            text, damage = _repair_utf8(data)
            return Decoded(text, encoding, reason, (*notes, damage))
        raise FormatError(
            f"{name} starts with the mark of {title} but is damaged at byte {error.start}. "
            "Save it anew as UTF-8."
        ) from None


def _by_choice(data: bytes, chosen: str, name: str) -> Decoded | None:
    if not chosen:
        return None
    if chosen not in dict(ENCODINGS):
        raise FormatError(f"{name} cannot be read: there is no encoding called “{chosen}”.")
    title = _TITLES[chosen]
    try:
        return Decoded(data.decode(_codec(chosen)), chosen, f"{title}, as chosen")
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{name} is not in {title}: byte {error.start} does not fit. Choose another "
            "encoding, or none to have it found."
        ) from None


def _by_declaration(data: bytes, declared: str) -> Decoded | None:
    """The encoding that the file declares, if it exists, fits, and is not disproved.

    A page served with ``charset=utf-8`` in its HTTP header is UTF-8 whatever it declares,
    and saving it loses the header. Bytes beyond ASCII that are valid UTF-8 are proof enough.
    """
    encoding = _canonical(declared)
    if not encoding or encoding == "utf-8":
        return None
    if not data.isascii() and (unicode := _as_utf8(data)):
        note = f"The file declares {_TITLES[encoding]}, but it is valid UTF-8 and was read so."
        return Decoded(unicode.text, unicode.encoding, unicode.reason, (note,))
    try:
        text = data.decode(_codec(encoding))
    except UnicodeDecodeError:
        return None
    return Decoded(text, encoding, f"{_TITLES[encoding]}, as the file declares")


def _canonical(label: str) -> str:
    """Our name of a declared label; empty for those that name no encoding of ENCODINGS."""
    label = label.strip().lower()
    if label in dict(ENCODINGS):
        return _DECLARED_ALIASES.get(label, label)
    try:
        python_name = codecs.lookup(label).name
    except (LookupError, ValueError):  # ValueError: a label with a NUL in it
        return ""
    if python_name in _DECLARED_ALIASES:
        return _DECLARED_ALIASES[python_name]
    return next(
        (name for name, _ in ENCODINGS if codecs.lookup(_codec(name)).name == python_name), ""
    )


def _by_zero_bytes(data: bytes) -> Decoded | None:
    """UTF-16 without a mark: zero bytes stand in one half of the code units only.

    In Latin script nearly every second byte is zero; in Chinese only those of line ends and
    digits are, but then the bytes aren't UTF-8 either.
    """
    if len(data) % 2 or b"\x00" not in data:
        return None
    high, low = data[0::2].count(0), data[1::2].count(0)
    encoding = "utf-16-le" if low > high else "utf-16-be"
    share = max(high, low) / (len(data) // 2)
    needed = 0.4 if _as_utf8(data) else 0.01
    if share < needed or min(high, low) * 10 > max(high, low):
        return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return Decoded(text, encoding, f"{_TITLES[encoding]} by the pattern of its zero bytes")


def _by_escapes(data: bytes) -> Decoded | None:
    """ISO-2022-JP, in which Japanese mail is written: ASCII to every other look."""
    if not any(mark in data for mark in _TO_JAPANESE) or not any(m in data for m in _TO_LATIN):
        return None
    try:
        text = data.decode(_codec("iso-2022-jp"))
    except UnicodeDecodeError:
        return None
    return Decoded(text, "iso-2022-jp", f"{_TITLES['iso-2022-jp']} by its escape sequences")


def _as_utf8(data: bytes) -> Decoded | None:
    try:
        return Decoded(data.decode(), "utf-8", "UTF-8, because all its bytes are valid UTF-8")
    except UnicodeDecodeError:
        return None


def _as_damaged_utf8(data: bytes, *, is_last_resort: bool = False) -> Decoded | None:
    """UTF-8 with a few bytes that are not, if most characters beyond ASCII are whole.

    Other encodings rarely produce a valid sequence by chance, let alone mostly valid ones. As
    the last resort, a text that is hardly damaged will do, as English with one broken byte is.
    """
    escaped = data.decode(errors="surrogateescape")
    damaged = len(_DAMAGE.findall(escaped))
    tolerated = len(data) // 100 if is_last_resort else len(_BEYOND_ASCII.findall(escaped))
    if damaged > tolerated:
        return None
    text, note = _repair_utf8(data)
    return Decoded(text, "utf-8", "UTF-8, because nearly all its bytes are valid UTF-8", (note,))


def _repair_utf8(data: bytes) -> tuple[str, str]:
    """The text of damaged UTF-8 and a sentence about the damage.

    A stray byte is read as windows-1252, its usual origin; a sequence that breaks off becomes
    U+FFFD, since its character is lost.
    """

    def repaired(match: re.Match[str]) -> str:
        stray = match.group().encode(errors="surrogateescape")
        return stray.decode("cp1252", "replace") if len(stray) == 1 else "\ufffd"

    escaped = data.decode(errors="surrogateescape")
    text, count = _DAMAGE.subn(repaired, escaped)
    intact = _DAMAGE.split(escaped, maxsplit=1)[0]
    places = "1 place was" if count == 1 else f"{count} places were"
    note = (
        f"The file is damaged UTF-8 at byte {len(intact.encode())}: {places} read as "
        "Windows-1252, or as \ufffd where a character breaks off."
    )
    return text, note


def _by_guess(data: bytes) -> Decoded | None:
    """The legacy encoding that fits the letters best, marked as a guess."""
    # Letter frequencies need the lines that tell encodings apart, which may come late.
    telling = b"\n".join(line for line in data.split(b"\n") if not line.isascii())
    guesses = chardet.detect_all(
        telling[:_GUESS_BYTES],
        ignore_threshold=True,
        compat_names=False,
        prefer_superset=False,
        include_encodings=[_codec(name) for name in _LEGACY],
    )
    best = guesses[0]["confidence"]
    floor = best * _AS_GOOD if best >= _UNSURE else 0.0
    fitting = [
        decoded
        for guess in guesses
        if guess["confidence"] >= floor
        and (decoded := _guessed(data, _canonical(guess["encoding"] or ""))) is not None
    ]
    sample = telling[:_GUESS_BYTES]
    # min() takes the first of equals: chardet's order, after windows-1252.
    return min(
        fitting,
        key=lambda d: (_oddities(sample, d.encoding), d.encoding != "windows-1252"),
        default=None,
    )


def _oddities(sample: bytes, encoding: str) -> int:
    """How often characters of the sample stand where that encoding's writers put none."""
    return len(_ODD.findall(sample.decode(_codec(encoding), "ignore")))


def _guessed(data: bytes, encoding: str) -> Decoded | None:
    if not encoding:
        return None
    try:
        text = data.decode(_codec(encoding))
    except UnicodeDecodeError:
        return None
    title = _TITLES[encoding]
    note = (
        f"The encoding is a guess: {title}. If accents or quotation marks look wrong, choose "
        "another one."
    )
    return Decoded(text, encoding, f"{title} by the frequency of its letters", (note,))


def _is_mostly_control(text: str) -> bool:
    """True when control characters are too many to be strays of an old word processor."""
    controls = len(_CONTROLS.findall(text))
    return controls > 2 and controls * 100 > len(text)
