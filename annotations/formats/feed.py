"""News feeds and WordPress exports: every entry becomes an article.

RSS 0.9 to 2.0 (https://www.rssboard.org/rss-specification), RSS 1.0 in RDF, Atom
(https://www.rfc-editor.org/rfc/rfc4287), and WordPress's own RSS (WXR,
https://developer.wordpress.org/plugins/wordpress-org/), read by feedparser
(https://feedparser.readthedocs.io) in a process of its own.

An entry's text is its headline and the longest of what it holds: ``content``, or else the
description, which may be only the article's beginning. HTML in it becomes blocks with zones. Of a
WordPress export only what was published is taken, without attachments, menus and revisions; its
line ends count as WordPress counts them. Images and players are left out. feedparser puts right
what looks like UTF-8 that somebody took for Latin-1 (``Ã©``); that cannot be turned off.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import Any, ClassVar, Final

from annotations.domain.articles import ArticleDraft, Metadata
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats import base
from annotations.formats._blocks import Page, as_pairs, from_pairs, parsed, plain_blocks
from annotations.formats._dates import day_of
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length
from annotations.formats.plain_text import Block, block, byline_of, oddity_notes, zoned
from annotations.formats.sandbox import Answer, ask

#: The beginning of a feed, behind an XML declaration, comments and the like. UTF-16 is matched
#: without its zero bytes.
_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*+"
    # Each comment ends where it first can: trying longer ones doubles the time with every comment.
    rb"(?>(?:(?><\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>)\s*+)*)"
    rb"<(?:rss\b|(?:\w+:)?feed\b[^>]*?=\s*[\"']http://(?:www\.w3\.org/2005/Atom|purl\.org/atom/ns#)"
    rb"|rdf:RDF\b[^>]*?=\s*[\"']http://(?:purl\.org/rss/1\.0/|my\.netscape\.com/|channel\.netscape\.com/))",
    re.IGNORECASE | re.DOTALL,
)
_START_BYTES: Final = 8_192
_ENTITIES: Final = re.compile(rb"<!DOCTYPE[^>\[]*+\[[^\]]*?<!ENTITY", re.IGNORECASE)
#: So much is read within the sandbox's time: an export of this size has thousands of posts.
MAX_FEED_BYTES: Final = 20_000_000
_SECONDS: Final = 60.0


class Reader(base.Reader):
    """Reads a feed or an export, one draft an entry."""

    title: ClassVar[str] = "News feed or WordPress export"
    suffixes: ClassVar[tuple[str, ...]] = (".xml", ".rss", ".atom", ".rdf")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """By the root element, since many other formats are XML."""
        return _START.match(source.data[:_START_BYTES].replace(b"\0", b"")) is not None

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft an entry, in the order of the feed.

        What was left out is noted with the first.
        Raises FormatError for a file that is too large or damaged or declares entities, and where
        no entry has a text.
        """
        if len(source.data) > MAX_FEED_BYTES:
            raise FormatError(
                f"{source.name} has {len(source.data) / 1_000_000:.1f} MB. The limit for a feed is "
                f"{MAX_FEED_BYTES // 1_000_000} MB. Export it in several parts."
            )
        if _ENTITIES.search(source.data[:_START_BYTES].replace(b"\0", b"")):
            raise FormatError(
                f"{source.name} cannot be read: it declares entities, which can make a small file "
                "enormous or point elsewhere."
            )
        answer = ask(
            "annotations.formats.feed:extract",
            source.data,
            source.name,
            source.encoding,
            name=source.name,
            seconds=_SECONDS,
        )
        notes = answer.texts("notes")
        encoding = answer.text("encoding")
        for entry in answer.children("entries"):
            yield _draft(entry, source, encoding, notes)
            notes = ()


def _draft(entry: Answer, source: Source, encoding: str, notes: Sequence[str]) -> ArticleDraft:
    text, zones = zoned(from_pairs(entry.pairs("blocks")))
    title = entry.text("title")
    check_article_length(text, f"“{title}” in {source.name}" if title else source.name)
    return ArticleDraft(
        text=text,
        metadata=Metadata(
            title=title,
            source=entry.text("source"),
            byline=entry.text("byline") or byline_of(text, zones),
            url=entry.text("url"),
            published_on=day_of(entry.text("published")),
            language=entry.text("language") or source.language,
        ),
        zones=zones,
        encoding=encoding,
        changes=entry.texts("changes"),
        notes=(*notes, *entry.texts("notes"), *oddity_notes(text)),
    )


# --- Inside the sandbox -------------------------------------------------------------------------

#: What WordPress keeps among the posts that is none.
_NO_POSTS: Final = frozenset(
    {
        "attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset",
        "oembed_cache", "user_request", "wp_block", "wp_template", "wp_template_part",
        "wp_global_styles", "wp_navigation", "wp_font_family", "wp_font_face",
    }
)  # fmt: skip
#: A picture with its caption, and WordPress's other marks for what is no text. None holds another
#: of its kind, so that many that are never closed are looked at once each.
_CAPTION_MARK: Final = re.compile(
    r"\[(?:wp_)?caption\b[^][]*\](?P<inside>(?:(?!\[(?:wp_)?caption\b).)*?)\[/(?:wp_)?caption\]",
    re.DOTALL,
)
_MEDIA_MARK: Final = re.compile(
    r"\[(?P<kind>embed|audio|video)\b[^][]*\](?:(?!\[(?P=kind)\b).)*?\[/(?P=kind)\]"
    r"|\[/?(?:gallery|playlist|audio|video|embed)\b[^][]*\]",
    re.DOTALL,
)
_BLOCK_EDITOR: Final = "<!-- wp:"
_WEB: Final = re.compile(r"https?://\S+", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)")


def extract(data: bytes, name: str, encoding: str) -> Mapping[str, object]:
    """The entries of a feed with their blocks, as JSON can hold them.

    Raises FormatError.
    """
    import feedparser

    headers = {"content-type": f"application/xml; charset={encoding}"} if encoding else {}
    # A stream: bytes and strings would be tried as the name of a file, or an address.
    found = feedparser.parse(
        BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
    )
    left_out: Counter[str] = Counter()
    entries = []
    for entry in found.entries:
        reason = _why_left_out(entry)
        article = None if reason else _article(entry, found.feed)
        if article is None:
            left_out[reason or "without a text"] += 1
        else:
            entries.append(article)
    if not entries:
        what = f": {_counted(left_out)}" if left_out else ""
        raise FormatError(f"{name} holds no entry of a feed that could be annotated{what}.")
    notes = []
    if left_out:
        count = left_out.total()
        what = "1 entry was" if count == 1 else f"{count:,} entries were"
        notes.append(f"{what} left out: {_counted(left_out)}.")
    if found.bozo:
        notes.append("The feed is not quite well-formed; it was read as well as that goes.")
    return {
        "entries": entries,
        "notes": notes,
        "encoding": str(found.get("encoding") or "utf-8").lower(),
    }


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))


def _why_left_out(entry: Mapping[str, Any]) -> str:
    """Why an item of a WordPress export is no article; empty for what is one."""
    kind, status = entry.get("wp_post_type", ""), entry.get("wp_status", "")
    if kind in _NO_POSTS:
        return f"of the kind “{kind}”"
    return "" if status in {"", "publish"} else f"with the status “{status}”"


def _article(entry: Mapping[str, Any], feed: Mapping[str, Any]) -> dict[str, object] | None:
    """One entry as JSON can hold it; None where it has no text."""
    body, is_description = _body(entry)
    page = Page(keeps_lines=_is_classic(entry, body), has_headline=True)
    notes = []
    try:
        _add_body(page, body)
    except FormatError as error:
        notes.append(str(error))
    if not page.blocks:
        return None
    if is_description:
        notes.append(
            "The text is the feed’s description of the article, perhaps only its beginning."
        )
    title = _title(entry)
    return {
        "blocks": as_pairs(_with_headline(title, page.blocks)),
        "title": title,
        "source": _line(feed.get("title")),
        "byline": _byline(entry),
        "url": _url(entry),
        "published": _published(entry),
        "language": _language(feed.get("language") or body.get("language")),
        "changes": page.changes,
        "notes": notes,
    }


def _body(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
    """The longest text of an entry, and whether that is its description."""
    summary = entry.get("summary_detail") or {"value": entry.get("summary", "")}
    contents = [each for each in entry.get("content", []) if _is_text(each)]
    # Markup comes before the same text without, content before the same description.
    best = max(
        [*contents, summary],
        key=lambda each: (len(each.get("value") or ""), "html" in (each.get("type") or "")),
    )
    return best, best is summary


def _is_text(content: Mapping[str, Any]) -> bool:
    kind = content.get("type") or "text/html"
    return bool(content.get("value")) and (kind.startswith("text/") or "xhtml" in kind)


def _is_classic(entry: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """True for a post of WordPress's classic editor, which writes paragraphs as blank lines."""
    return "wp_post_type" in entry and _BLOCK_EDITOR not in (body.get("value") or "")


def _add_body(page: Page, body: Mapping[str, Any]) -> None:
    text = body.get("value") or ""
    if body.get("type") == "text/plain" and not page.keeps_lines:
        page.blocks.extend(plain_blocks(text))
        return
    text = _CAPTION_MARK.sub(r"<figcaption>\g<inside></figcaption>", text)
    page.add(parsed(_MEDIA_MARK.sub("", text), "An entry"))


def _with_headline(title: str, blocks: Sequence[Block]) -> list[Block]:
    """The headline first, once."""
    headline = block(title, Zone.HEADLINE)
    if headline is None:
        return list(blocks)
    is_repeated = blocks[0].text.casefold() == title.casefold()
    return [headline, *blocks[is_repeated:]]


def _title(entry: Mapping[str, Any]) -> str:
    detail = entry.get("title_detail") or {"value": entry.get("title", "")}
    value = detail.get("value") or ""
    if "html" not in (detail.get("type") or ""):
        return _line(value)
    page = Page()
    page.add(parsed(value, "A title"))
    return _line(" ".join(each.text for each in page.blocks))


def _line(value: object) -> str:
    return " ".join(normalise(value).text.split()) if isinstance(value, str) else ""


def _byline(entry: Mapping[str, Any]) -> str:
    names = [_line(author.get("name")) for author in entry.get("authors", [])]
    return ", ".join(dict.fromkeys(filter(None, names)))


def _url(entry: Mapping[str, Any]) -> str:
    link = _line(entry.get("link"))
    return link if _WEB.fullmatch(link) else ""


def _published(entry: Mapping[str, Any]) -> str:
    """The day as the entry writes it, in its own time zone, or else as feedparser reads it."""
    for key in ("wp_post_date", "published", "updated"):
        if day := day_of(_line(entry.get(key))):
            return day.isoformat()
    moment = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return date(*moment[:3]).isoformat() if moment else ""
    except ValueError:
        return ""


def _language(value: object) -> str:
    match = _LANGUAGE.match(_line(value))
    return match[1].lower() if match else ""
