"""XML of strangers: nothing outside is opened, nothing explodes, and no file ends in a crash."""

import socket
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.text import normalise
from annotations.formats import newsml_g2, nitf, tei
from annotations.formats._markup import Flow, day_of, language_of, root_of
from annotations.formats.base import FormatError, Reader, Source
from tests.formats import cast

ITEM = "<newsItem><contentSet><inlineXML>%s</inlineXML></contentSet></newsItem>"
BLOCK = "<p>%s</p>"
TEI = tei.Reader(), "<TEI><text><body>%s</body></text></TEI>", BLOCK, "persName"
NITF = nitf.Reader(), "<nitf><body><body.content>%s</body.content></body></nitf>", BLOCK, "person"
NEWSML = newsml_g2.Reader(), ITEM % "<nitf><body>%s</body></nitf>", BLOCK, "person"
XHTML = newsml_g2.Reader(), ITEM % "<html><body>%s</body></html>", BLOCK, "b"
every_format = pytest.mark.parametrize(
    ("reader", "frame", "block", "name"),
    [TEI, NITF, NEWSML, XHTML],
    ids=["tei", "nitf", "newsml", "xhtml"],
)


def read(reader: Reader, data: bytes | str) -> list[ArticleDraft]:
    data = data if isinstance(data, bytes) else data.encode()
    return list(reader.read(Source("lead.xml", data)))


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a reader opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def with_type(document_type: str, frame: str, content: str) -> str:
    return f'<?xml version="1.0"?>\n{document_type}\n' + frame % content


@every_format
def test_entities_that_multiply_are_refused_at_once(
    reader: Reader, frame: str, block: str, name: str
) -> None:
    laughs = '<!ENTITY l0 "lol">' + "".join(
        f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12)
    )
    started = time.perf_counter()
    for content in (block % "&l11;", '<p n="&l11;" xml:lang="&l11;">x</p>', block % "x"):
        with pytest.raises(FormatError, match="declares entities"):
            read(reader, with_type(f"<!DOCTYPE x [{laughs}]>", frame, content))
    assert time.perf_counter() - started < 2


@every_format
def test_a_long_entity_repeated_is_refused(
    reader: Reader, frame: str, block: str, name: str
) -> None:
    declared = f'<!DOCTYPE x [<!ENTITY a "{"a" * 100_000}">]>'
    with pytest.raises(FormatError, match="declares entities"):
        read(reader, with_type(declared, frame, block % ("&a;" * 10_000)))


@every_format
@pytest.mark.parametrize("address", ["file:///etc/hostname", "http://127.0.0.1:9/x"])
@pytest.mark.parametrize("kind", ["e SYSTEM", "% e SYSTEM", 'e PUBLIC "-//x"'])
def test_entities_from_elsewhere_are_refused(
    reader: Reader, frame: str, block: str, name: str, address: str, kind: str
) -> None:
    use = "%e;" if kind.startswith("%") else ""
    declared = f'<!DOCTYPE x [<!ENTITY {kind} "{address}">{use}]>'
    with pytest.raises(FormatError, match="declares entities"):
        read(reader, with_type(declared, frame, block % "&e;"))


@every_format
def test_a_document_type_elsewhere_is_not_loaded(
    reader: Reader, frame: str, block: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "x.dtd").write_text('<!ENTITY secret "opened">')
    for address in (f"file://{tmp_path}/x.dtd", "http://127.0.0.1:9/x.dtd"):
        declared = f'<!DOCTYPE x SYSTEM "{address}">'
        [draft] = read(reader, with_type(declared, frame, block % "a &secret; &eacute;"))
        assert draft.text == "a &secret; é"


@every_format
def test_nothing_is_included_from_elsewhere(
    reader: Reader, frame: str, block: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text("secret")
    include = (
        f'<include xmlns="http://www.w3.org/2001/XInclude" href="{tmp_path}/x.txt" parse="text"/>'
    )
    assert "secret" not in read(reader, frame % (block % f"Ulm{include}"))[0].text


@every_format
def test_elements_may_nest_as_deep_as_any_article_and_no_deeper(
    reader: Reader, frame: str, block: str, name: str
) -> None:
    deep = f"<{name}>" * 200 + "x" + f"</{name}>" * 200
    assert read(reader, frame % (block % deep))[0].text == "x"
    for depth in (300, 100_000):
        with pytest.raises(FormatError, match="not well-formed XML: Excessive depth"):
            read(reader, frame % (f"<{name}>" * depth))


@every_format
def test_a_text_above_the_limit_is_refused(
    reader: Reader, frame: str, block: str, name: str
) -> None:
    with pytest.raises(FormatError, match="The limit is 1,000,000 for one article"):
        read(reader, frame % ((block % ("word " * 1_000)) * 201))
    with pytest.raises(FormatError, match="20 MB"):
        read(reader, b"<TEI>" + b" " * 20_000_000)


def test_twenty_megabytes_of_marks_are_refused_in_no_time() -> None:
    data = (TEI[1] % ("<p/>" * 4_500_000)).encode()
    started = time.perf_counter()
    with pytest.raises(FormatError, match="more than 2,000,000 tags"):
        read(TEI[0], data)
    assert time.perf_counter() - started < 4


def test_a_text_of_many_names_is_read_in_time() -> None:
    content = "<p>Then <persName>Ada</persName> slept.</p>\n" * 5_000
    started = time.perf_counter()
    [draft] = read(TEI[0], TEI[1] % content)
    assert len(draft.mentions) == 5_000
    assert time.perf_counter() - started < 4


@every_format
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encoding_is_found(
    reader: Reader, frame: str, block: str, name: str, encoding: str
) -> None:
    declared = {"cp1252": "ISO-8859-1", "utf-8-sig": "utf-8", "utf-16-le": "utf-16"}.get(
        encoding, encoding
    )
    text = f'<?xml version="1.0" encoding="{declared}"?>\n' + frame % (block % "“Zoë” – café")
    data = text.encode(encoding)
    assert reader.recognises(Source("lead.xml", data))
    [draft] = read(reader, data)
    assert draft.text == "“Zoë” – café"


def drafts_or_refusal(reader: Reader, data: str) -> list[ArticleDraft | str]:
    try:
        return [*read(reader, data)]
    except FormatError as error:
        return [str(error)]


PIECES = st.lists(
    st.sampled_from(
        [
            "<p>", "</p>", "<persName>", "</persName>", "<person>", "</person>", "<b>", "</b>",
            "<q>", "</q>", "<lb break='no'/>", "<lb/>", "<br/>", "<!-- x -->", "<?pi?>", "\n", " ",
            "<![CDATA[<x>]]>", "&amp;", "&nope;", "&#13;", "&#xFEFF;", "&nbsp;", "&#x1F600;", "Ada",
            "<anchor xml:id='a'/>", "<span from='#a' to='#a' type='X'/>", "<note>n</note>",
            "<choice><sic>a</sic></choice>", "<tr><td>1</td><td>2</td></tr>", "<head>H</head>",
            "\u00a0", "\ufeff", "👩", "e\u0301", "\u200f", "<pre> x\n y </pre>",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip


def check(draft: ArticleDraft) -> None:
    assert normalise(draft.text).text == draft.text
    assert draft.text.strip()
    covered = 0
    for zone in draft.zones:
        assert covered <= zone.start < zone.end <= len(draft.text)
        assert not draft.text[covered : zone.start].strip()
        covered = zone.end
    assert not draft.text[covered:].strip()
    for mention in draft.mentions:
        quote = draft.text[mention.start : mention.end]
        assert quote == quote.strip() != ""


@every_format
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None, max_examples=40)
@given(pieces=PIECES, around=st.sampled_from(["", '<!DOCTYPE x SYSTEM "y">']))
def test_any_markup_gives_sound_drafts_or_one_sentence(
    reader: Reader, frame: str, block: str, name: str, pieces: str, around: str
) -> None:
    for draft in drafts_or_refusal(reader, around + frame % (block % pieces)):
        if isinstance(draft, str):
            assert draft.endswith((".", ")"))
            assert "lead.xml" in draft
        else:
            check(draft)


@every_format
@settings(deadline=None, max_examples=40)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_refused_in_one_sentence(
    reader: Reader, frame: str, block: str, name: str, data: bytes
) -> None:
    reader.recognises(Source("lead.xml", data))
    root_of(data)
    with pytest.raises(FormatError, match=r"lead\.xml"):
        read(reader, data)


@every_format
@settings(deadline=None, max_examples=40)
@given(text=cast.texts.filter(lambda text: text.strip()), quote=cast.texts)
def test_a_mark_covers_its_own_words(
    reader: Reader, frame: str, block: str, name: str, text: str, quote: str
) -> None:
    """The same offsets as counting the characters of a text with its white space collapsed."""

    def escaped(characters: str) -> str:
        return characters.replace("&", "&amp;").replace("<", "&lt;")

    if name == "b":
        return  # marks nothing
    content = f"{escaped(text)}x<{name}>y{escaped(quote)}z</{name}>"
    [draft] = read(reader, frame % (block % content))
    [mention] = draft.mentions
    wanted = " ".join(f"y{quote}z".replace("\n", " ").replace("\t", " ").split(" ")).strip()
    while "  " in wanted:
        wanted = wanted.replace("  ", " ")
    assert draft.text[mention.start : mention.end] == wanted
    assert mention.end == len(draft.text)


def test_the_root_is_found_behind_any_prologue() -> None:
    prologue = b"<?xml version='1.0'?><!--<a>--><!DOCTYPE b [<!ELEMENT c ANY>]>\n"
    assert root_of(prologue + b"<d:e xmlns:d='f'>") == ("f", "e")
    assert root_of(b"plain") == ("", "")
    started = time.perf_counter()
    for opening in (b"<!--", b"<?", b"<!DOCTYPE [", b"<", b"<a "):
        root_of(opening * 5_000_000)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2017-07-08", "2017-07-08"), ("20170708T100000Z", "2017-07-08"),
        (" 2017-07-08T23:30:00-05:00", "2017-07-08"), ("2017-13-08", None), ("2017", None),
        ("201707081", None), (None, None), (7, None),
    ],
)  # fmt: skip
def test_a_day_is_read_as_written(value: object, day: str | None) -> None:
    assert (day_of(value) and str(day_of(value))) == day


def test_a_language_is_a_tag_or_nothing() -> None:
    assert language_of("", None, "x" * 90, "en_GB") == "en-GB"
    assert language_of("English language") == ""


def test_a_headline_beside_the_body_stands_first_and_once() -> None:
    def item(*blocks: str) -> str:
        flow = Flow()
        flow.seed_headline("Ferry  returns!")
        for block in blocks:
            flow.boundary(None)
            flow.text(block)
        flow.settle_headline("Ferry  returns!")
        return flow.finish().text

    assert item("It rained.") == "Ferry returns!\n\nIt rained."
    assert item("Kicker", "Ferry returns", "It rained.") == "Kicker\n\nFerry returns\n\nIt rained."
    assert item() == "Ferry returns!"
