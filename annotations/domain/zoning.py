"""Finds the zones of plain text as people paste it from news sites.

A page that was copied keeps its words and line ends and nothing else, so all evidence is in
the lines. The work has two steps:

1. `_blocks_of` cuts the text into blocks, each of which becomes one span (two where a dateline
   opens a paragraph). A block is normally one line. Lines of a paragraph that was wrapped to a
   fixed width belong together, and so do the lines of a video player.
2. Every block is shown to `_RULES` in turn, and the first rule that knows it names its zone.
   What no rule knows is a paragraph.

A zone is a guess for a person to see. Where the evidence is weak the span says so
(``certain=False``), and nothing is invented: a text without a headline gets none.

Each rule looks at a bounded number of characters and neighbours of its block, so that time
grows with the length of the text only, however many lines it has and however long they are.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from typing import Final

from annotations.domain.zones import Zone, ZonedSpan

#: Lengths in characters and, for the last, in blocks. Longest of each kind that news sites use.
_HEADING_LENGTH: Final = 90
_HEADLINE_LENGTH: Final = 150
_CREDIT_LENGTH: Final = 600
_CAPTION_LENGTH: Final = 1_000
_EDGE: Final = 160
_TOP_BLOCKS: Final = 12

#: The widths that a text can have been wrapped to; beyond, each line is a paragraph.
_WRAP_WIDTHS: Final = range(45, 121)

_STOPS: Final = (".", "!", "…", "。", "！", "．", "۔", "।", "။", "។", "։", "።")
_OPEN_ENDS: Final = (",", ";", ":", " and", " or", "،", "؛", "、", "，", "：")
_OPENING_QUOTES: Final = ("“", '"', "„", "«", "‘", "「")
_CLOSING_QUOTES: Final = ("”", '"', "“", "»", "’", "」")
_CLOSERS: Final = "".join(_CLOSING_QUOTES) + "')]"

_BULLET: Final = re.compile(r"[-*•‣–]\s")


def find_zones(text: str, *, headline: str = "") -> tuple[ZonedSpan, ...]:
    """The zones of ``text``: sorted and disjoint, every line that is not blank in exactly one.

    A span reaches from the first to the last character of its lines that is not white space
    (``str.isspace``, so a no-break space is). Lines end at LF only. ``headline`` is the title
    as it is known from elsewhere, which is recognised where the text repeats it.
    """
    blocks = _blocks_of(text, headline)
    page = _Page(blocks, _headline_index(blocks, headline), _last_prose_index(blocks))
    for index in range(len(blocks)):
        page.add(index, _recognise(page, index))
    return tuple(page.spans)


# --- From text to blocks ----------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """A line that is not blank, without the white space at its edges.

    Lines with no blank line between them share a ``stanza``. ``zone`` is set where the line
    belongs to a group of lines that is recognised as a whole. ``continues`` says that the line
    belongs to the block of the line before; ``is_apart`` that it stands between blank lines or
    in a text that gives each paragraph one line.
    """

    start: int
    end: int
    text: str
    stanza: int
    zone: Zone | None = None
    continues: bool = False
    is_apart: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """One line or several that belong together; ``zone`` where the cutting has found it."""

    start: int
    end: int
    text: str
    stanza: int
    lines: int
    zone: Zone | None
    is_apart: bool

    @property
    def is_prose(self) -> bool:
        return _is_prose(self.text)

    @property
    def is_heading_like(self) -> bool:
        """Short, apart, worded, and not ended as a sentence; a question mark may end it."""
        return (
            self.is_apart
            and self.lines == 1
            and len(self.text) <= _HEADING_LENGTH
            and not _ends_sentence(self.text)
            and not self.text.endswith(_OPEN_ENDS)
            and any(map(str.isalpha, self.text))
        )


def _blocks_of(text: str, headline: str) -> list[_Block]:
    lines = _lines_of(text)
    _mark_top(lines, headline)
    _mark_videos(lines)
    _mark_highlights(lines)
    for _, stanza in groupby(lines, key=lambda line: (line.stanza, line.zone)):
        _join_wrapped(list(stanza))
    return [_block(text, part) for part in _parts(lines)]


def _lines_of(text: str) -> list[_Line]:
    lines = []
    offset = stanza = 0
    for raw in text.split("\n"):
        stripped = raw.strip()
        if stripped:
            start = offset + len(raw) - len(raw.lstrip())
            lines.append(_Line(start, start + len(stripped), stripped, stanza))
        else:
            stanza += 1
        offset += len(raw) + 1
    return lines


def _parts(lines: Iterable[_Line]) -> list[list[_Line]]:
    """The lines of each block."""
    parts: list[list[_Line]] = []
    for line in lines:
        if line.continues:
            parts[-1].append(line)
        else:
            parts.append([line])
    return parts


def _block(text: str, lines: Sequence[_Line]) -> _Block:
    first, last = lines[0], lines[-1]
    return _Block(
        start=first.start,
        end=last.end,
        text=text[first.start : last.end],
        stanza=first.stanza,
        lines=len(lines),
        zone=first.zone,
        is_apart=first.is_apart,
    )


#: How many lines at the top may be a headline and a byline with no blank line between them.
_TOP_LINES: Final = 4


def _mark_top(lines: Sequence[_Line], headline: str) -> None:
    """Set a known headline and a byline apart from the lines right below and above them."""
    wanted = _squashed(headline)
    for line in lines[:_TOP_LINES]:
        if line.stanza != lines[0].stanza:
            return
        if wanted and _squashed(line.text) == wanted:
            line.zone, wanted = Zone.HEADLINE, ""
        elif _is_byline(line.text):
            line.zone = Zone.BYLINE


#: The last line of a video player: "02:21 - Source: CNN", "Duration 1:05", "Video source, AP".
_VIDEO_END: Final = re.compile(
    r"(?:\d{1,2}:)?\d{1,2}:\d{2}\s*[-–—|]\s*(?:Video )?Source:"
    r"|(?:Video )?Duration:?\s+(?:\d{1,2}:)?\d{1,2}:\d{2}"
    r"|Video source[,:]",
    re.IGNORECASE,
)
#: How many lines a player shows above it: a slug and a title, neither a sentence.
_VIDEO_LINES_ABOVE: Final = 2


def _mark_videos(lines: Sequence[_Line]) -> None:
    for index, line in enumerate(lines):
        if not _VIDEO_END.match(line.text):
            continue
        first = index
        while first and index - first < _VIDEO_LINES_ABOVE and _is_above(lines[first - 1], line):
            first -= 1
        for part in lines[first : index + 1]:
            part.zone = Zone.VIDEO
            part.continues = part is not lines[first]


def _is_above(line: _Line, end: _Line) -> bool:
    return line.stanza == end.stanza and line.zone is None and not _is_long_or_sentence(line)


_HIGHLIGHTS: Final = re.compile(
    r"(?:story |article )?highlights|(?:the )?(?:key|main) (?:points|facts|takeaways|developments)"
    r"|takeaways|in brief|in short|at a glance|what (?:we|you need to|to) know(?: so far)?",
    re.IGNORECASE,
)
#: An item of the highlights may be longer than a heading, but is no paragraph.
_ITEM_LENGTH: Final = 150


def _mark_highlights(lines: Sequence[_Line]) -> None:
    index = 0
    while index < len(lines):
        end = index + 1
        if _HIGHLIGHTS.fullmatch(lines[index].text.rstrip(":")):
            end = _end_of_items(lines, end)
            if end > index + 1:
                for line in lines[index:end]:
                    line.zone = Zone.HIGHLIGHTS
        index = end


def _end_of_items(lines: Sequence[_Line], first: int) -> int:
    """Where the items that start at ``first`` end; bullets, where they have some, decide."""
    index = first
    has_bullets = index < len(lines) and bool(_BULLET.match(lines[index].text))
    while index < len(lines):
        line = lines[index]
        if has_bullets:
            ends = not _BULLET.match(line.text)
        else:
            ends = _is_long_or_sentence(line) or _is_byline(line.text) or _opens_dateline(line.text)
        if ends or line.zone:
            break
        index += 1
    return index


def _is_long_or_sentence(line: _Line) -> bool:
    return len(line.text) > _ITEM_LENGTH or _ends_sentence(line.text)


def _join_wrapped(stanza: Sequence[_Line]) -> None:
    """Join the lines of paragraphs that were wrapped, and say which lines stand apart.

    In wrapped text most lines end in mid-sentence, and a line ends where the first word of the
    next did not fit any more. Where it would have fitted, a new paragraph starts.
    """
    if stanza[0].zone:
        return
    # An address on the web may stick out of the column; it holds no space.
    width = max((len(line.text) for line in stanza if " " in line.text), default=0)
    sentences = sum(_ends_sentence(line.text) for line in stanza[:-1])
    is_wrapped = width in _WRAP_WIDTHS and 2 * sentences < len(stanza) - 1
    is_apart = len(stanza) == 1 or (not is_wrapped and any(_is_prose(line.text) for line in stanza))
    for line in stanza:
        line.is_apart = is_apart
    if not is_wrapped:
        return
    # One line alone that starts with a dash goes on with the sentence before.
    has_items = sum(bool(_BULLET.match(line.text)) for line in stanza) > 1
    for previous, line in pairwise(stanza):
        first_word = line.text.split(maxsplit=1)[0]
        is_full = len(previous.text) + 1 + len(first_word) > width
        line.continues = is_full and not (has_items and _BULLET.match(line.text))


def _ends_sentence(text: str) -> bool:
    return text[-_EDGE:].rstrip(_CLOSERS).endswith(_STOPS)


def _is_prose(text: str) -> bool:
    return len(text) > _HEADING_LENGTH or _ends_sentence(text)


# --- From blocks to zones ---------------------------------------------------------------------


@dataclass(slots=True)
class _Page:
    """All blocks of a text and the spans that have been found so far, in order.

    ``headline`` is the index of the block that repeats the known headline, ``last_prose`` of
    the last block that reads as a paragraph; both None where there is no such block.
    ``has_body`` says that a paragraph has been seen.
    """

    blocks: Sequence[_Block]
    headline: int | None
    last_prose: int | None
    spans: list[ZonedSpan] = field(default_factory=list)
    has_body: bool = False

    def add(self, index: int, spans: Sequence[ZonedSpan]) -> None:
        self.spans.extend(spans)
        is_paragraph = spans[-1].zone is Zone.PARAGRAPH and spans[-1].certain
        self.has_body |= is_paragraph and self.blocks[index].is_prose

    def before(self, index: int) -> _Block | None:
        return self.blocks[index - 1] if index else None

    def after(self, index: int) -> _Block | None:
        return self.blocks[index + 1] if index + 1 < len(self.blocks) else None


type _Spans = tuple[ZonedSpan, ...]
type _Rule = Callable[[_Page, int], _Spans]
_UNKNOWN: Final[_Spans] = ()


def _recognise(page: _Page, index: int) -> _Spans:
    for rule in _RULES:
        if spans := rule(page, index):
            return spans
    return _whole(page.blocks[index], Zone.PARAGRAPH)


def _whole(block: _Block, zone: Zone, *, certain: bool = True) -> _Spans:
    return (ZonedSpan(block.start, block.end, zone, certain),)


def _last_prose_index(blocks: Sequence[_Block]) -> int | None:
    for index in range(len(blocks) - 1, -1, -1):
        block = blocks[index]
        if block.zone is None and block.is_prose and not _is_credit(block.text):
            return index
    return None


# A part of a video player or of the highlights.
def _cut_out(page: _Page, index: int) -> _Spans:
    block = page.blocks[index]
    return _whole(block, block.zone) if block.zone else _UNKNOWN


# The headline, where it is known.
def _headline_index(blocks: Sequence[_Block], headline: str) -> int | None:
    wanted = _squashed(headline)
    for index, block in enumerate(blocks[:_TOP_BLOCKS]):
        if block.zone is Zone.HEADLINE:
            return index
        if wanted and len(block.text) <= 2 * len(headline) and _squashed(block.text) == wanted:
            return index
    return None


def _squashed(text: str) -> str:
    return " ".join(text.casefold().split())


def _known_headline(page: _Page, index: int) -> _Spans:
    return _whole(page.blocks[index], Zone.HEADLINE) if index == page.headline else _UNKNOWN


# A pull quote is a quotation from its first to its last character, with a line below that
# starts with a dash and names who said it.
_ATTRIBUTION: Final = re.compile(r"[—–]\s?[^\W\d_]")


def _quote(page: _Page, index: int) -> _Spans:
    block, before, after = page.blocks[index], page.before(index), page.after(index)
    if (after and _is_pull_quote(block, after)) or (before and _is_pull_quote(before, block)):
        return _whole(block, Zone.QUOTE)
    return _UNKNOWN


def _is_pull_quote(quote: _Block, attribution: _Block) -> bool:
    return (
        quote.text.startswith(_OPENING_QUOTES)
        and quote.text.endswith(_CLOSING_QUOTES)
        and len(attribution.text) <= _HEADING_LENGTH
        and bool(_ATTRIBUTION.match(attribution.text))
        and not _ends_sentence(attribution.text)
    )


# A bullet is enough. A dash or a number may open a sentence as well ("– Ja, sier han.",
# "4. Juli war …"), so it needs a neighbour to be sure of.
_ITEM: Final = re.compile(rf"{_BULLET.pattern}|\d{{1,3}}[.)]\s")


def _list_item(page: _Page, index: int) -> _Spans:
    text = page.blocks[index].text
    if not _ITEM.match(text):
        return _UNKNOWN
    neighbours = (page.before(index), page.after(index))
    is_one_of_several = any(other and _ITEM.match(other.text) for other in neighbours)
    may_be_speech = text.startswith(("-", "–")) and _ends_sentence(text)
    if may_be_speech and not is_one_of_several:
        return _UNKNOWN
    certain = text.startswith(("*", "•", "‣")) or (is_one_of_several and not may_be_speech)
    return _whole(page.blocks[index], Zone.LIST, certain=certain)


# Who else worked on the article, whose it is, where it appeared.
_CREDIT_START: Final = re.compile(
    r"\(?(?:additional |further )?(?:reporting|writing|editing|compiled|edited|translated"
    r"|produced|translation)(?: and (?:reporting|writing|editing))?(?: by\b|:)"
    r"|\(?©|\(c\)\s|copyright\b|our standards:|all rights reserved"
    r"|(?:this|the) (?:article|story|piece|report) (?:was|has been|is|(?:first|originally))\b"
    r".{0,40}\b(?:published|updated|corrected|translated|appeared|republished)\b"
    r"|follow .{2,60} on (?:twitter|x|facebook|instagram|threads|bluesky|tiktok|telegram)\b"
    r"|sources?: .{2,60}$",
    re.IGNORECASE,
)
_CREDIT_END: Final = re.compile(
    r"\bcontributed (?:additional |further )?(?:reporting\b|to (?:this|the) "
    r"(?:report|story|article|dispatch|analysis)\b)"
    r"|\b(?:AP|Associated Press|Reuters|AFP) (?:\w+ ){0,3}(?:writers?|journalists?|reporters?)\b"
    r".{0,100}\bcontributed\b"
)


def _credit(page: _Page, index: int) -> _Spans:
    block = page.blocks[index]
    return _whole(block, Zone.CREDIT) if _is_credit(block.text) else _UNKNOWN


def _is_credit(text: str) -> bool:
    return len(text) <= _CREDIT_LENGTH and bool(
        _CREDIT_START.match(text[:_EDGE]) or _CREDIT_END.search(text[-_EDGE:])
    )


# A caption that a credit gives away, at its start or at its end.
_PHOTO_AGENCY: Final = (
    r"(?:AP|EPA|AFP|DPA|dpa|PA|UPI|Reuters|REUTERS|Getty(?: Images)?|Bloomberg|Shutterstock|Rex"
    r"|Alamy|Xinhua|TASS|Zuma|ZUMA|NurPhoto|Anadolu|EFE|ANSA|Magnum|CNN|Observer|Guardian"
    r"|The \w+(?: \w+)?)"
)
_CAPTION_START: Final = re.compile(
    r"(?i:image source|image caption|media caption|image credit|photo credit)\s*[,:]"
    r"|(?i:photo(?:graph)?s?|pictures?|file (?:photo|picture|image)|illustration|caption)\s*:"
    r"|(?i:photo(?:graph)? by )|FILE(?: PHOTO)?\s*[-–—:]"
)
#: In this order: "(AP Photo/Jo Roe)", "(Picture: PA)", "(Jo Roe/Daily News)"; "Jo Roe/AFP via
#: Getty Images", "Jo Roe/EPA", "REUTERS/Jo Roe"; "Photo by Jo Roe", "Credit...Jo Roe".
_CAPTION_END: Final = re.compile(
    r"\([^()]{0,80}(?:\bPhoto\b|Getty Images|REUTERS)[^()]{0,80}\)\.?$"
    r"|\((?:Photo|Picture|Image|Credit|Photograph)s?: ?[^()]{2,80}\)\.?$"
    r"|\([A-Z][\w.’'-]*(?: [\w.’'-]+){0,4} ?/ ?[A-Z][^()/]{1,40}\)\.?$"
    rf"|\bGetty Images$|\bAP Photo$|\w ?/ ?(?:via )?{_PHOTO_AGENCY}$"
    r"|\b(?:REUTERS|AP Photo)/[^()]{2,60}$"
    r"|\b(?:Photo|Photograph|Picture) by [A-Z][^.]{2,60}$"
    r"|(?:Credit|Photo)(?:\.{3}|…|:) ?\w[^.]{0,60}$"
)
#: One of these is in all that the pattern above finds; looking for them takes a tenth of its time.
_CAPTION_HINTS: Final = ("Photo", "Getty Images", "REUTERS", "/", "Picture", "Image", "Credit")
#: The BBC puts what it says to screen readers on a line of its own, above the caption.
_CAPTION_LABEL: Final = re.compile(r"(?:image|media) caption\s*[,:]?", re.IGNORECASE)


def _credited_caption(page: _Page, index: int) -> _Spans:
    block, before = page.blocks[index], page.before(index)
    if len(block.text) <= _CAPTION_LENGTH and (
        _CAPTION_START.match(block.text)
        or _credit_at_end(block.text[-_EDGE:])
        or (before and _CAPTION_LABEL.fullmatch(before.text))
    ):
        return _whole(block, Zone.CAPTION)
    return _UNKNOWN


def _credit_at_end(text: str) -> bool:
    return any(hint in text for hint in _CAPTION_HINTS) and bool(_CAPTION_END.search(text))


# A link to a video, or what a player says where it cannot play.
_VIDEO_LINE: Final = re.compile(
    r"(?:WATCH|Watch|VIDEO|Video)(?: LIVE| live| NOW| now)?\s*[:|]\s*\S"
    r"|(?:Play|Watch)(?: the)? video\b|This video can ?not be played|Video,? \d{1,2}:\d{2}"
)


def _video_line(page: _Page, index: int) -> _Spans:
    block = page.blocks[index]
    if len(block.text) <= _HEADLINE_LENGTH and _VIDEO_LINE.match(block.text):
        return _whole(block, Zone.VIDEO)
    return _UNKNOWN


_AGENCY: Final = re.compile(
    r"\b(?:AP|Associated Press|Reuters|AFP|Agence France-Presse|CNN|UPI|dpa|EFE|ANSA|Xinhua|TASS"
    r"|Kyodo|Yonhap|Bloomberg|PTI|ANI|IANS|BBC|NPR|PA Media|AAP|Belga|APA|epd|KNA|PAP|VOA)\b",
    re.IGNORECASE,
)

# Who wrote it, near the top: names, in capitals but for particles, and perhaps a role.
_BYLINE: Final = re.compile(
    r"(?:(?:Story|Analysis|Opinion|Commentary|Words|Text|Written|Reported|Review|Video) )?"
    r"(?:By|by|BY|Par|Von|Por)\s+(?P<names>\S.*)"
)
_BYLINE_BAR: Final = re.compile(r"(?P<names>[^|]{3,60}?)\s+\|\s+(?P<role>[^|]{2,40})")
_PARTICLE: Final = re.compile(
    r"and|&|for|in|of|at|the|with|de|del|la|le|da|do|dos|di|du|van|von|der|den|ten|bin|ibn|al|el"
    r"|y|e|et|und|en|special|to"
)
_ROLE: Final = re.compile(
    r"\b(?:writer|reporter|correspondent|editor|staff|contributor|journalist|columnist|analyst)s?\b"
)
_NO_NAME: Final = re.compile(
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|January|February|March|April|May|June|July"
    r"|August|September|October|November|December|the|The|\d)\b"
)


def _byline(page: _Page, index: int) -> _Spans:
    block, before = page.blocks[index], page.before(index)
    if index >= _TOP_BLOCKS or len(block.text) > _EDGE or block.lines > 1:
        return _UNKNOWN
    if _is_byline(block.text):
        return _whole(block, Zone.BYLINE)
    # The role or the newsroom, on the line below the name.
    if before and before.stanza == block.stanza and _is_byline(before.text) and not block.is_prose:
        return _whole(block, Zone.BYLINE)
    return _UNKNOWN


def _is_byline(text: str) -> bool:
    if len(text) > _EDGE or _ends_sentence(text):
        return False
    if match := _BYLINE.fullmatch(text):
        return not _NO_NAME.match(match["names"]) and all(
            _are_names(part) or bool(_ROLE.search(part)) for part in match["names"].split(",")
        )
    match = _BYLINE_BAR.fullmatch(text)
    return bool(match and _AGENCY.search(match["role"]) and _are_names(match["names"]))


def _are_names(text: str) -> bool:
    return all(_PARTICLE.fullmatch(word) or not word[0].islower() for word in text.split())


# Where the news comes from: a place, perhaps a date, an agency in brackets, a dash.
_DASH: Final = r"(?:\s*—|\s*–(?=\s|$)|\s*--(?=\s|$)|(?:\s+|(?<=\)))\.?-(?=\s|$))"
_DATELINE: Final = re.compile(
    r"(?P<place>[^()\n—–]{0,60}?)\s*"
    rf"(?:\((?P<agency>[^()\n]{{2,40}})\)(?P<dash>{_DASH})?|{_DASH})"
)
_MAY_END_PLACE: Final = re.compile(r"[(—–-]")
#: What newsrooms write in capitals before a dash that is no place.
_NO_PLACE: Final = frozenset(
    {"BREAKING", "EXCLUSIVE", "UPDATE", "UPDATED", "ANALYSIS", "OPINION", "WATCH", "VIDEO", "LIVE"}
)


def _dateline(page: _Page, index: int) -> _Spans:
    block = page.blocks[index]
    end = _dateline_length(block.text, is_first=not page.has_body)
    if not end:
        return _UNKNOWN
    dateline = ZonedSpan(block.start, block.start + end, Zone.DATELINE)
    rest = block.text[end:].lstrip()
    if not rest:
        return (dateline,)
    return (dateline, ZonedSpan(block.end - len(rest), block.end, Zone.PARAGRAPH))


def _opens_dateline(text: str) -> bool:
    return bool(_dateline_length(text, is_first=True))


def _dateline_length(text: str, *, is_first: bool) -> int:
    """How many characters of ``text`` are a dateline; 0 for none.

    An agency that is known and a dash are enough. All else could open any sentence ("NATO — an
    alliance of …"), so it counts only in the paragraph that comes first (``is_first``) and
    where a new sentence follows.
    """
    # Asked first: the pattern itself tries every length of a place.
    if not _MAY_END_PLACE.search(text[:_EDGE]):
        return 0
    match = _DATELINE.match(text[:_EDGE])
    if not match:
        return 0
    place, agency = match["place"], match["agency"] or ""
    is_known = bool(_AGENCY.search(agency)) and not place[:1].islower()
    if is_known and match["dash"]:
        return match.end()
    rest = text[match.end() : match.end() + _EDGE].lstrip()
    opens_sentence = not rest or not rest.lstrip("".join(_OPENING_QUOTES))[:1].islower()
    if not (is_first and opens_sentence):
        return 0
    if agency and not match["dash"]:
        return match.end() if is_known and rest else 0
    return match.end() if _AGENCY.fullmatch(place) or _is_place(place) else 0


def _is_place(text: str) -> bool:
    """True for a city in capitals, perhaps with a region or a date: "KYIV, Ukraine"."""
    city, *others = text.split(",")
    return (
        city.isupper()
        and city not in _NO_PLACE
        and sum(map(str.isalpha, city)) > 2
        and len(city.split()) <= 4
        and all(_are_names(other) for other in others)
    )


# What the page says to its visitors; no part of the article, and not to be taken for a heading.
_FURNITURE: Final = re.compile(
    r"advertisement|(?:story|article) continues below.*|continue reading.*|read more\b.*"
    r"|see also\b.*|related\b.{0,60}|recommended\b.{0,60}|share(?: this.*)?|save|print|comments?"
    r"|sign up\b.*|subscribe\b.*|more on this story|more from\b.*|video ad feedback|ad feedback"
    r"|(?:first |last )?(?:published|updated|posted|modified)\b.*"
    r"|\d+ (?:min(?:ute)?s?|hours?|days?) (?:read|ago)|listen(?: to this.*)?|skip (?:to|past)\b.*",
    re.IGNORECASE,
)


def _furniture(page: _Page, index: int) -> _Spans:
    block = page.blocks[index]
    if _is_furniture(block):
        return _whole(block, Zone.PARAGRAPH, certain=False)
    return _UNKNOWN


def _is_furniture(block: _Block) -> bool:
    return not block.is_prose and bool(_FURNITURE.fullmatch(block.text))


# The first line, where it looks like a headline and an article starts right below.
_HEADLINE_WORDS: Final = 4


def _likely_headline(page: _Page, index: int) -> _Spans:
    block, after = page.blocks[index], page.after(index)
    looks_like_one = (
        index == 0
        and page.headline is None
        and block.is_apart
        and block.lines == 1
        and len(block.text) <= _HEADLINE_LENGTH
        and not _ends_sentence(block.text)
        and not block.text.endswith(_OPEN_ENDS)
    )
    if not looks_like_one or after is None:
        return _UNKNOWN
    # A line may stand between, below a headline, that is one (a section's name is shorter).
    if after.is_heading_like and len(block.text.split()) >= _HEADLINE_WORDS:
        after = page.after(index + 1)
    if after and after.zone in {None, Zone.BYLINE} and _starts_article(after):
        return _whole(block, Zone.HEADLINE, certain=False)
    return _UNKNOWN


def _starts_article(block: _Block) -> bool:
    return (
        block.is_prose
        or _is_byline(block.text)
        or _opens_dateline(block.text)
        or _is_furniture(block)
    )


# A heading within the body; above it, or in a row of short lines, it may be anything.
def _subheading(page: _Page, index: int) -> _Spans:
    block, after = page.blocks[index], page.after(index)
    if page.last_prose is None or index > page.last_prose or not block.is_heading_like:
        return _UNKNOWN
    certain = page.has_body and after is not None and not after.is_heading_like
    return _whole(block, Zone.SUBHEADING, certain=certain)


# A caption that nothing marks: one sentence, in the present tense, that describes a scene.
# Reports tell what happened and who said so; a caption shows a moment. So all of this must
# hold, and even then it is a guess:
#   - A verb of posture, motion or gesture in the present tense. The subject before it holds no
#     other verb (as in “X watched crowds march”) and no clause (“the tower, which stands”).
#   - After it comes a moment (before, during, on Friday, a year), or a spot where the subject is
#     anybody (“A man walks past”, “Protesters stand outside”).
#   - There are no quotation marks, no reported speech, no future and no condition.
_SCENE_VERB: Final = re.compile(
    r"\b(?:(?:sit|stand|walk|speak|talk|look|wave|smile|pose|gesture|listen|salute|inspect|patrol"
    r"|gather|kneel|pray|queue|hug|cheer|applaud|clap|stroll|ride|hold|wear|attend|arrive|deliver"
    r"|greet|rest|wait|work|play|read|light|lead|prepare|participate|celebrate|perform|demonstrate"
    r")s?|(?:address|watch|march|rush|embrace|toss|touch|cross|push)(?:es)?|(?:fl|carr)(?:y|ies)"
    r"|(?:shake|clasp)s? hands|(?:is|are) (?:seen|pictured|shown)|can be seen|lies?)\b"
)
#: A word that makes the next one a noun ("the walk") or an infinitive ("will stand").
_BEFORE_NO_VERB: Final = re.compile(
    r"an?|the|th(?:is|at|ese|ose)|his|her|its|their|our|your|my|some|any|no|every|each|to|of|in"
    r"|on|at|for|with|from|by|into|as|than|or|will|would|can|could|may|might|must|shall|should|do"
    r"|does|did|not|never|let|helps?|\w+n[’']t",
    re.IGNORECASE,
)
_NO_SUBJECT: Final = re.compile(
    r"(?:He|She|It|They|We|I|You|There|This|That|These|Those|But|And|So|If|When|While|As|Since"
    r"|Although|Though|In|On|At|For|After|Before|What|Who|Why|How)\b"
)
_OTHER_VERB: Final = re.compile(
    r"\b(?:who|which|that|where|when|if|because|is|are|was|were|be|been|has|have|had|did|does|do"
    r"|said|made|saw|let|took|came|went|got|gave|left|held|led|sent|found|began|kept|met|won|lost"
    r"|fell|grew|rose|ran|brought|bought|built|fought|thought|caught|sold|spoke|stood|sat|shot|drew"
    r"|flew|knew|threw|wrote|drove|broke|became|put|set|hit)\b"
    r"|(?<!\ba )(?<!\ban )(?<!\bthe )(?<!ly )(?<!\bof )(?<!\band )(?<=[\w,] )\b[a-z]{2,}ed\b"
)
_NO_SCENE: Final = re.compile(
    r"[“”\"„«»]"
    r"|\b(?:said|says?|told|tells|according|added|asked|announced|claim(?:s|ed)|reported|warn(?:s|ed)"
    r"|expected|scheduled|had|did|will|would|could|should|might|must|may)\b"
    r"|\w{4}(?<!Capt)(?<!Prof)(?<!Sept)[.!?]\s"
)
_MOMENT: Final = re.compile(
    r"\b(?:before|during|while|after|ahead of|as)\b|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|\b(?:Jan|Feb|March|April|May|June|July|Aug|Sept|Oct|Nov|Dec)\w*\.? \d|\b(?:19|20)\d\d\b"
)
_SPOT: Final = re.compile(
    r"(?:\w+ ){0,3}(?:past|outside|inside|near|beside|behind|along|through|across|in front of"
    r"|next to|among|around|under|over|by|at|in|on|amid|toward|towards)\b"
)
_ANYBODY: Final = re.compile(
    r"(?:An?|Two|Three|Four|Five|Six|Several|Some|Dozens|Hundreds|Thousands|People|Men|Women"
    r"|Children|Police|Fans|[A-Z][a-z]+(?:ers|ors|ents|ists|ants|iers|ees|men|ians|by))\b"
)
_SCENE_LENGTH: Final = range(30, 301)


def _scene(page: _Page, index: int) -> _Spans:
    block, after = page.blocks[index], page.after(index)
    is_within = page.has_body or (after is not None and _opens_dateline(after.text))
    if is_within and len(block.text) in _SCENE_LENGTH and _describes_scene(block.text):
        return _whole(block, Zone.CAPTION, certain=False)
    return _UNKNOWN


def _describes_scene(sentence: str) -> bool:
    if _NO_SUBJECT.match(sentence) or _NO_SCENE.search(sentence):
        return False
    return any(_is_shown(sentence, verb) for verb in _SCENE_VERB.finditer(sentence))


def _is_shown(sentence: str, verb: re.Match[str]) -> bool:
    subject, rest = sentence[: verb.start()], sentence[verb.end() :].lstrip()
    if not subject or _BEFORE_NO_VERB.fullmatch(subject.split()[-1]):
        return False
    if _OTHER_VERB.search(subject):
        return False
    return bool(_MOMENT.search(rest) or (_ANYBODY.match(sentence) and _SPOT.match(rest)))


#: In the order in which they are asked; the more certain ones first.
_RULES: Final[tuple[_Rule, ...]] = (
    _cut_out,
    _known_headline,
    _quote,
    _list_item,
    _credit,
    _credited_caption,
    _video_line,
    _byline,
    _dateline,
    _furniture,
    _likely_headline,
    _subheading,
    _scene,
)
