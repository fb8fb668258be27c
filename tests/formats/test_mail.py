"""E-mails: the text of a message as it was sent, and nothing of what makes mail difficult."""

import quopri
import re
import time
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats.base import FormatError, Source
from annotations.formats.mail import Reader
from tests.formats import cast

GOLDEN = Path(__file__).parent.parent / "samples/formats/email/wire-copy.eml"
PAGE = (
    "<html><head><style>p {}</style></head><body><h1>Ferry stuck</h1>"
    + "<p>The harbour master, Zoë Brandt, said on Tuesday that the ferry would stay on the rocks "
    "until the spring tide, and that nobody should go near it.</p>" * 3 + "</body></html>"
)


def read(data: bytes | str, encoding: str = "") -> ArticleDraft:
    raw = data.encode() if isinstance(data, str) else data
    [draft] = Reader().read(Source("lead.eml", raw, encoding=encoding, language="cy"))
    return draft


def outcome(data: bytes) -> str:
    """The text of a message, or why it cannot be read."""
    try:
        return read(data).text
    except FormatError as error:
        return str(error)


def message(text: str = "", **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in headers.items():
        made[name] = value
    if text:
        made.set_content(text)
    return made


def zones(draft: ArticleDraft) -> list[tuple[Zone, str]]:
    return [(zone.zone, draft.text[zone.start : zone.end]) for zone in draft.zones]


def test_a_message_with_everything() -> None:
    draft = read(GOLDEN.read_bytes())
    assert draft.text == (
        "PORT ALDER (Coast Wire) — The first ferry since 2009 left for Tern Island on Monday.\n\n"
        "“We waited long enough,” Mayor Ines Okafor said.\n\n"
        "-- \nCoast Wire, Port Alder\n\n"
        "From: Ines Okafor <mayor@alder.example>\n"
        "Date: Mon, 03 Mar 2031 09:00:00 +0100\n"
        "Subject: Statement\n\n"
        "The ferry is home. 🚢"
    )
    assert draft.changes == ("Attachments were left out: ferry.png.",)
    assert zones(draft)[0] == (Zone.DATELINE, "PORT ALDER (Coast Wire) —")


def test_headers_become_metadata() -> None:
    metadata = read(GOLDEN.read_bytes()).metadata
    assert metadata.title == "Ferry line “Alder” returns"
    assert metadata.byline == "Renée Okafor"
    assert metadata.published_on == date(2031, 3, 4)  # where it was sent
    assert metadata.language == "cy"


def test_what_the_headers_do_not_say_stays_empty() -> None:
    metadata = read("X: y\n\nIt came home.").metadata
    assert (metadata.title, metadata.byline, metadata.published_on) == ("", "", None)
    assert read("From: desk@wire.example\n\nx").metadata.byline == "desk@wire.example"
    assert read("Date: soon\n\nx").metadata.published_on is None


def test_a_subject_that_opens_the_text_is_its_headline() -> None:
    draft = read("Subject: Ferry returns\n\nFerry returns\n\nIt came home on Monday.\n")
    assert zones(draft)[0] == (Zone.HEADLINE, "Ferry returns")


def test_the_text_keeps_its_line_ends_and_a_signature() -> None:
    draft = read(b"Subject: x\r\n\r\nOne.\r\nTwo.\r\n\r\n-- \r\nDesk\r\n")
    assert draft.text == "One.\nTwo.\n\n-- \nDesk"


def test_lines_that_the_mail_program_wrapped_are_joined() -> None:
    flowed = (
        "Content-Type: text/plain; format=flowed\n\n"
        "The ferry came \nhome on Monday.\n\n From here.\n> quoted \n> text\n-- \nDesk\n"
    )
    draft = read(flowed)
    assert draft.text == (
        "The ferry came home on Monday.\n\nFrom here.\n> quoted \n> text\n-- \nDesk"
    )
    assert draft.changes == ("Lines that the mail program had wrapped were joined (1).",)
    japanese = "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n吉野 \n家\n"
    assert read(japanese).text == "吉野家"


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "iso-8859-15"])
@pytest.mark.parametrize("transfer", ["quoted-printable", "base64"])
def test_charsets_and_transfer_encodings(charset: str, transfer: str) -> None:
    sent = message()
    sent.set_content("Café “Zoë” – 4 €\n".replace("“", '"').replace("”", '"').replace("–", "-")
                     if charset == "iso-8859-15" else "Café “Zoë” – 4 €\n",
                     charset=charset, cte=transfer)  # fmt: skip
    draft = read(sent.as_bytes())
    assert draft.text.startswith("Café ")
    assert draft.text.endswith(" 4 €")


def test_a_charset_that_a_person_chose_is_taken() -> None:
    raw = "Content-Type: text/plain\n\nДом".encode("windows-1251")
    draft = read(raw, encoding="windows-1251")
    assert (draft.text, draft.encoding) == ("Дом", "windows-1251")


def test_mojibake_in_a_subject_is_shown_and_not_repaired() -> None:
    assert read("Subject: TravTalkâ€™s\n\nx").metadata.title == "TravTalkâ€™s"


def test_html_alone_is_read_as_a_page() -> None:
    sent = message(Subject="Ferry stuck off Grey Point")
    sent.set_content(PAGE, subtype="html", charset="iso-8859-1", cte="quoted-printable")
    draft = read(sent.as_bytes())
    assert zones(draft)[0] == (Zone.HEADLINE, "Ferry stuck")
    assert "Zoë Brandt" in draft.text
    assert draft.metadata.title == "Ferry stuck off Grey Point"
    assert not any("page" in note for note in draft.notes)


def test_html_too_short_for_a_page_is_text_all_the_same() -> None:
    sent = message()
    sent.set_content("<p>It came <b>home</b>.</p><script>x()</script><ul><li>One</li></ul>",
                     subtype="html")  # fmt: skip
    assert zones(read(sent.as_bytes())) == [
        (Zone.PARAGRAPH, "It came home."),
        (Zone.LIST, "One"),
    ]


def test_the_plain_form_is_taken_unless_it_is_blank() -> None:
    sent = message("\n")
    sent.add_alternative(PAGE, subtype="html")
    assert "Zoë Brandt" in read(sent.as_bytes()).text
    sent = message("Plain.\n")
    sent.add_alternative(PAGE, subtype="html")
    assert read(sent.as_bytes()).text == "Plain."


def test_a_forwarded_page_stands_below_its_own_headers() -> None:
    inner = message(Subject="Inside")
    inner.set_content("<p>It came home.</p>", subtype="html")
    outer = message("See below.\n", Subject="Outside")
    outer.add_attachment(inner)
    draft = read(outer.as_bytes())
    assert draft.text == "See below.\n\nSubject: Inside\n\nIt came home."
    assert draft.metadata.title == "Outside"


def test_attachments_are_named() -> None:
    sent = message("It came home.\n")
    for number in range(7):
        sent.add_attachment(b"x", "image", "png", filename=f"größe {number}.png")
    sent.add_attachment("a text\n", filename="notes.txt")
    draft = read(sent.as_bytes())
    assert draft.text == "It came home."
    [change] = draft.changes
    assert change.startswith("Attachments were left out: größe 0.png, größe 1.png,")
    assert change.endswith(" and 3 more.")


def test_only_what_starts_with_headers_is_recognised() -> None:
    def recognised(data: bytes) -> bool:
        return Reader().recognises(Source("x.eml", data))

    assert recognised(GOLDEN.read_bytes())
    assert recognised(b"From ada Mon Mar  3 09:00:00 2031\nSubject: x\n\n")
    assert not recognised(b"The ferry came home: it did.")
    assert not recognised(b"<html>")
    assert not recognised(b"")


@settings(deadline=None)
@given(cast.texts | st.just(cast.TORTURE))
def test_every_text_comes_back(text: str) -> None:
    raw = (
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    )
    text = text.strip("\n")
    found = outcome(raw + quopri.encodestring(text.encode()))
    if text.strip("\ufeff").strip() and not found.startswith("lead.eml is not text"):
        assert found == normalise(text).text.strip("\n")
    else:
        assert found.startswith("lead.eml is ")


def test_the_standard_librarys_own_reading_agrees() -> None:
    import email
    from email import policy

    sent = email.message_from_bytes(GOLDEN.read_bytes(), policy=policy.default)
    body = sent.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").strip("\n") in read(GOLDEN.read_bytes()).text


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"Subject: x\n\n", "lead.eml is empty."),
        (b"Content-Type: image/png\n\nx", "lead.eml is empty."),
        (b"Content-Type: text/plain\n\n\x89PNG\r\n\x1a\n\0", "lead.eml is not text"),
        (b"Content-Type: message/rfc822\n\n" * 200, "lead.eml cannot be read: it has more parts"),
        (b"Subject: x\n\n" + b"x\n" * 600_000, "The text of lead.eml has 1,200,000 characters."),
        (b"Subject: x\n\n" + b"\n" * 5_000_000, "lead.eml cannot be read: it has more parts"),
    ],
)
def test_a_message_that_cannot_be_read_is_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(FormatError, match=f"^{sentence}"):
        read(data)


def hostile() -> Iterator[bytes]:
    for name in ("Subject", "From", "Date", "Content-Type", "Content-Disposition",
                 "Content-Transfer-Encoding", "Content-Type: text/plain; charset"):  # fmt: skip
        for what in ('"', "(", "=?utf-8?q?", "a;b=", "@", "[<", ",x ", "\udcff"):
            raw = (what * 100_000).encode(errors="surrogateescape")
            yield name.encode() + b": " + raw + b"\n\nIt came home."


def test_headers_that_were_made_to_break_a_parser_do_not() -> None:
    start = time.process_time()
    for data in hostile():
        assert re.match("It came home.|lead.eml cannot be read", outcome(data))
    assert time.process_time() - start < 10  # 56 messages


LINES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/digest",
        b"Content-Type: multipart/alternative;boundary=b", b" y", b"\xff\x00",
        b"Content-Type: message/rfc822", b"Content-Type: text/html; charset=x", b"--b", b"--b--",
        b"Content-Type: text/plain; format=flowed", b"Content-Transfer-Encoding: base64", b"", b"",
        b"Content-Transfer-Encoding: x-uuencode", b"begin 666 x", b"M", b"=3D", b"<p>x", b"QQ",
        b"Content-Disposition: attachment; filename*0*=u'x", b"Content-Type: message/external-body",
        b"Content-Type: message/delivery-status",
        b"From: =?x?y?z?= <", b"Subject: =?utf-8?b?/w==?=", b"Date: 99 Foo 99999 99:99 +9999",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(LINES, max_size=25))
def test_no_mixture_of_lines_crashes(lines: list[bytes]) -> None:
    found = outcome(b"\n".join(lines))
    assert found.strip()
    assert found == normalise(found).text


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\r\n", b"\xef\xbb\xbf\n  \n"])
def test_what_programs_put_before_a_message_does_not_end_its_headers(before: bytes) -> None:
    draft = read(before + b"Subject: Night\r\nFrom: Ada\r\n\r\nUlm slept.\r\n")
    assert (draft.metadata.title, draft.text.strip()) == ("Night", "Ulm slept.")


@pytest.mark.parametrize("end", [b"\r", b"\r\r\n"])
def test_lines_that_were_converted_badly_are_lines(end: bytes) -> None:
    draft = read(end.join([b"Subject: Night", b"From: Ada", b"", b"Ulm slept."]))
    assert (draft.metadata.title, draft.text.strip()) == ("Night", "Ulm slept.")


def test_japanese_mail_is_read_with_and_without_its_charset() -> None:
    text = "市長は火曜日、橋は五月まで閉鎖されると発表した。"
    for header in (b"", b"Content-Type: text/plain; charset=ISO-2022-JP\n"):
        draft = read(header + b"Subject: x\n\n" + text.encode("iso-2022-jp"))
        assert (draft.text, draft.encoding) == (text, "iso-2022-jp")


def test_a_message_of_attachments_only_is_refused_with_their_names() -> None:
    message = EmailMessage()
    message["Subject"] = "x"
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="lead.pdf")
    assert outcome(bytes(message)) == "lead.eml is empty. Attachments were left out: lead.pdf."
