"""CoNLL-U: the treebanks of Universal Dependencies, with names in the last column.

Source: https://universaldependencies.org/format.html. Ten columns with tabs between, a word per
line, a blank line after each sentence, comments before it::

    # newdoc id = night
    # global.Entity = GRP-etype-infstat
    # newpar
    # text = Ulm slept.
    1	Ulm	Ulm	PROPN	_	_	2	nsubj	_	Entity=(1-place-new)
    2	slept	sleep	VERB	_	_	0	root	_	SpaceAfter=No
    3	.	.	PUNCT	_	_	2	punct	_	_

Read only. The text of a sentence is its ``# text``, if its tokens follow each other there with
nothing but white space between; otherwise it is put together by ``SpaceAfter=No``. Sentences of a
paragraph follow each other with the white space that the file tells (``SpacesAfter``), else with
a space; ``# newpar`` starts a paragraph, ``# newdoc`` an article. In a document without paragraphs
every sentence is a line.

Names are in the brackets of CorefUD and GUM (https://ufal.mff.cuni.cz/corefud,
https://gucorpling.org/gum): ``(id-type-…`` opens a mention, ``id)`` closes it, both may nest and
cross, and ``# global.Entity`` names the fields (a bracket with one word alone is its label); or,
where there are none, in tags of any scheme of `annotations.formats._tagging` under ``NER``,
``ner``, ``NE``, ``Entity`` or ``name``, else under any other key, under none, or in a column of its
own (CoNLL-U Plus); or as NameTag has them, ``NE=ps_1-pf_2``: types with the number of the name, the
outer ones first. Coreference,
links and syntax are not taken. A mention in several parts, or with an edge inside a word that is
written as one with another, is left out with its reason.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, NamedTuple
from urllib.parse import unquote

from annotations.domain.articles import ArticleDraft, Metadata, ReviewStatus, Unplaced
from annotations.domain.text import normalise
from annotations.domain.zones import Zone, ZonedSpan
from annotations.domain.zoning import find_zones
from annotations.formats import base
from annotations.formats._lines import Lines, at_lines, check_article_so_far
from annotations.formats._tagging import Fault, guess_scheme, is_prefixed, read_tags
from annotations.formats.base import FormatError, Source
from annotations.formats.decoding import check_article_length
from annotations.formats.placing import Claim, Units, place, shortened

_COLUMNS: Final = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
_COMMENT: Final = re.compile(r"#\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?")
_ID: Final = re.compile(r"([0-9]{1,6})(?:([-.])([0-9]{1,6}))?")
_SNIFFED: Final = re.compile(rb"^1(?:-[0-9]+)?\t[^\t\n]+(?:\t[^\t\n]*){8}\r?$", re.MULTILINE)
#: The keys under which tags stand in the last column, in the order in which they are looked for.
_TAG_KEYS: Final = ("NER", "ner", "NE", "Entity", "name")
#: Names as NameTag numbers them.
_NUMBERED: Final = re.compile(r"[A-Za-z]+_[0-9]+(?:-[A-Za-z]+_[0-9]+)*")
#: What CoNLL-U Plus calls the column of the words otherwise.
_FORMS: Final = ("FORM", "TOKEN")
#: Under this key stands what the last column says without a key.
_BARE: Final = ""
#: The parts of a paragraph's kind in GUM that are zones.
_KINDS: Final = {
    "head": Zone.SUBHEADING,
    "caption": Zone.CAPTION,
    "item": Zone.LIST,
    "quote": Zone.QUOTE,
}
_SPACES: Final = {"\\s": " ", "\\t": "\t", "\\n": "\n", "\\r": "\r"}


class Reader(base.Reader):
    """Reads treebanks with names in them."""

    title: ClassVar[str] = "CoNLL-U with names (Universal Dependencies, GUM, CorefUD)"
    suffixes: ClassVar[tuple[str, ...]] = (".conllu", ".conllup", ".conll")
    holds_many: ClassVar[bool] = True

    def recognises(self, source: Source) -> bool:
        """Ten columns of which the first counts the words."""
        return source.suffix != ".conll" or bool(_SNIFFED.search(source.data[:20_000]))

    def read(self, source: Source) -> Iterator[ArticleDraft]:
        """One draft for each ``# newdoc``, or one where there is none.

        Raises FormatError with the number of a line that is no word of CoNLL-U.
        """
        lines = Lines(source)
        found = False
        for document in _documents(lines, source.name):
            draft = _draft(document, source, lines)
            if draft.text.strip():
                found = True
                yield draft
        if not found:
            raise FormatError(f"{source.name} holds no sentences.")


# --- From lines to sentences ------------------------------------------------------------------


class _Word(NamedTuple):
    """One line: a word, a token of several words (``last`` greater), or an empty node."""

    line: int
    first: int
    last: int
    is_empty: bool
    form: str
    misc: Mapping[str, str]


@dataclass(slots=True)
class _Sentence:
    comments: dict[str, str] = field(default_factory=dict)
    words: list[_Word] = field(default_factory=list)

    def starts(self, what: str) -> bool:
        """True for the sentence below ``# newdoc`` or ``# newpar``."""
        return any(re.match(rf"{what}\b", key) for key in self.comments)

    def value(self, what: str) -> str:
        return next((v for key, v in self.comments.items() if re.match(rf"{what}\b", key)), "")


@dataclass(slots=True)
class _Document:
    """The sentences of an article; ``fields`` are those of its brackets."""

    fields: tuple[str, ...]
    sentences: list[_Sentence] = field(default_factory=list)


def _documents(lines: Lines, name: str) -> Iterator[_Document]:
    document = _Document(())
    characters = 0
    for sentence in _sentences(lines, name):
        if sentence.starts("newdoc") and document.sentences:
            yield document
            document, characters = _Document(document.fields), 0
        named = sentence.comments.get("global.Entity")
        if named is not None:
            document.fields = tuple(named.split("-"))
        characters += sum(len(word.form) for word in sentence.words)
        check_article_so_far(characters, name, sentence.words[0].line)
        document.sentences.append(sentence)
    if document.sentences:
        yield document


def _sentences(lines: Lines, name: str) -> Iterator[_Sentence]:
    """The sentences that hold words; comments that stand alone belong to the next."""
    sentence = _Sentence()
    columns: Sequence[str] = _COLUMNS
    for number, line in lines.numbered():
        if not line.strip():
            if sentence.words:
                yield sentence
                sentence = _Sentence()
        elif line.startswith("#"):
            key, value = _comment(line)
            sentence.comments[key] = value
            if key == "global.columns":
                columns = _columns(value, name, number)
        else:
            sentence.words.append(_word(line.split("\t"), columns, number))
    if sentence.words:
        yield sentence


def _comment(line: str) -> tuple[str, str]:
    match = _COMMENT.fullmatch(line)
    return (match[1], match[2] or "") if match else ("", "")


def _columns(value: str, name: str, line: int) -> Sequence[str]:
    """The columns that a file of CoNLL-U Plus names."""
    columns = value.split()
    form = next((one for one in _FORMS if one in columns), "")
    if "ID" not in columns or not form:
        raise FormatError(f"{name} names columns without ID and FORM", line=line)
    return ["FORM" if one == form else one for one in columns]


def _word(cells: Sequence[str], columns: Sequence[str], line: int) -> _Word:
    if len(cells) != len(columns):
        raise FormatError(
            f"This is no word of CoNLL-U: {len(columns)} columns with tabs between are needed, "
            f"{len(cells)} are here",
            line=line,
        )
    row = dict(zip(columns, cells, strict=True))
    match = _ID.fullmatch(row["ID"].strip())
    if match is None:
        raise FormatError(f"“{shortened(row['ID'])}” is no number of a word", line=line)
    first = int(match[1])
    last = int(match[3]) if match[2] == "-" else first
    misc = _misc(row.get("MISC", "_"))
    if columns is not _COLUMNS:  # a file may have a column for its names
        misc |= {key: value for key, value in row.items() if is_prefixed(value)}
    return _Word(line, first, last, match[2] == ".", row["FORM"], misc)


def _misc(cell: str) -> dict[str, str]:
    if "=" not in cell and is_prefixed(cell):
        return {_BARE: cell}
    pairs = (part.partition("=") for part in cell.split("|"))
    return {key.strip(): value for key, equals, value in pairs if equals}


# --- From sentences to the text ---------------------------------------------------------------


class _Edges(NamedTuple):
    """Where a word starts and ends in the article.

    An edge within a token that is written as one is None where the words are not its parts.
    """

    word: _Word
    start: int | None
    end: int | None
    token: tuple[int, int]


class _Paragraph(NamedTuple):
    start: int
    end: int
    zone: Zone


@dataclass(slots=True)
class _Text:
    """The text of an article as it grows, and where the words are in it."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    words: list[_Edges] = field(default_factory=list)
    #: The tokens as they are written, each sentence by itself: where, and their last column.
    tokens: list[list[tuple[_Word, int, int]]] = field(default_factory=list)
    paragraphs: list[_Paragraph] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)

    def add(self, part: str) -> None:
        self.parts.append(part)
        self.length += len(part)


def _written(document: _Document) -> _Text:
    text = _Text()
    has_paragraphs = any(sentence.starts("newpar") for sentence in document.sentences)
    left = 0  # sentences that the paragraph still has; 0 where it does not say
    kind = ""
    space = ""
    for index, sentence in enumerate(document.sentences):
        opens = sentence.starts("newpar") or left == 1
        if opens:
            kind = sentence.value("newpar_block") or sentence.value("newpar")
        left = _sentences_in(kind) if sentence.starts("newpar") else max(0, left - 1)
        if index:
            text.add(_between(space, opens=opens, has_paragraphs=has_paragraphs))
        start = text.length
        space = _add_sentence(text, sentence)
        _add_kind(text, kind, start, opens=opens, is_first=not index)
    return text


def _sentences_in(kind: str) -> int:
    """How many sentences a paragraph has, as GUM says it: “caption (2 s)”; 0 where it doesn’t."""
    counts = re.findall(r"\(([0-9]{1,6}) s\)", kind)
    return int(counts[-1]) if counts else 0


def _between(space: str, *, opens: bool, has_paragraphs: bool) -> str:
    """What stands between two sentences, of which the first ends with ``space``."""
    if opens:
        return space if space.count("\n") > 1 else "\n\n"
    return "\n" if space == " " and not has_paragraphs else space


def _add_kind(text: _Text, kind: str, start: int, *, opens: bool, is_first: bool) -> None:
    """Note the zone of the paragraph that the last sentence belongs to, where its kind has one."""
    names = re.findall(r"[a-z]+(?= \()|[a-z]+$", kind)
    zone = _KINDS.get(names[-1]) if names else None
    if zone is None:
        return
    if zone is Zone.SUBHEADING and is_first:
        zone = Zone.HEADLINE
    if opens or not text.paragraphs:
        text.paragraphs.append(_Paragraph(start, text.length, zone))
    else:
        text.paragraphs[-1] = text.paragraphs[-1]._replace(end=text.length)


def _add_sentence(text: _Text, sentence: _Sentence) -> str:
    """Add a sentence; what follows it before the next one is returned."""
    tokens = _tokens(sentence.words)
    written = sentence.comments.get("text")
    begin = text.length
    places = _places_in(written, tokens) if written is not None else None
    if written is None or places is None:
        if written is not None:
            text.differing.append(sentence.words[0].line)
        written, places = _joined(tokens)
    text.add(written)
    spans = [(begin + start, begin + end) for start, end in places]
    text.tokens.append([(t, *span) for t, span in zip(tokens, spans, strict=True)])
    text.words += _edges(sentence.words, tokens, spans, begin)
    return _space_after(tokens[-1]) if tokens else " "


def _tokens(words: Sequence[_Word]) -> list[_Word]:
    """What is written: words and tokens of several words, but not the words of those."""
    tokens: list[_Word] = []
    covered = 0
    for word in words:
        if word.is_empty or (word.last == word.first and word.first <= covered):
            continue
        tokens.append(word)
        covered = max(covered, word.last)
    return tokens


def _places_in(text: str, tokens: Sequence[_Word]) -> list[tuple[int, int]] | None:
    """Where the tokens stand in a text; None where anything but white space is between them."""
    places = []
    position = 0
    for token in tokens:
        while not text.startswith(token.form, position) and text[position : position + 1].isspace():
            position += 1
        if not text.startswith(token.form, position):
            return None
        places.append((position, position + len(token.form)))
        position += len(token.form)
    return None if text[position:].strip() else places


def _joined(tokens: Sequence[_Word]) -> tuple[str, list[tuple[int, int]]]:
    """The tokens as a text by what each says of the space after it, and where they stand."""
    parts: list[str] = []
    places = []
    position = 0
    for index, token in enumerate(tokens):
        places.append((position, position + len(token.form)))
        space = _space_after(token) if index + 1 < len(tokens) else ""
        parts += (token.form, space)
        position += len(token.form) + len(space)
    return "".join(parts), places


def _space_after(token: _Word) -> str:
    """The white space after a token; UDPipe tells which, with escapes."""
    if token.misc.get("SpaceAfter") == "No":
        return ""
    told = token.misc.get("SpacesAfter")
    if told is None:
        return " "
    space = re.sub(r"\\.", lambda match: _SPACES.get(match[0], match[0]), told)
    return space if space.isspace() else " "


def _edges(
    words: Sequence[_Word],
    tokens: Sequence[_Word],
    spans: Sequence[tuple[int, int]],
    sentence_start: int,
) -> Iterator[_Edges]:
    """The edges of every word and empty node of a sentence."""
    places = {token.first: (token, span) for token, span in zip(tokens, spans, strict=True)}
    token, (start, end) = _Word(0, 0, 0, True, "", {}), (sentence_start, sentence_start)
    pending: list[_Word] = []
    parts: dict[int, tuple[int, int]] = {}
    for word in words:
        if word.last > word.first:
            parts = _parts(word, words, places)
        if word.is_empty:
            pending.append(word)
            continue
        before = end
        if word.first in places:
            token, (start, end) = places[word.first]
        for node in pending:
            yield _Edges(node, start, before, (before, before))
        pending.clear()
        if word.last > word.first:
            continue
        if token.last == token.first:
            yield _Edges(word, start, end, (start, end))
        elif word.first in parts:
            yield _Edges(word, *parts[word.first], (start, end))
        else:
            yield _Edges(
                word,
                start if word.first == token.first else None,
                end if word.first == token.last else None,
                (start, end),
            )
    for node in pending:
        yield _Edges(node, end, end, (end, end))


def _parts(
    token: _Word, words: Sequence[_Word], places: Mapping[int, tuple[_Word, tuple[int, int]]]
) -> dict[int, tuple[int, int]]:
    """Where the words of a token stand in it, where they are its parts: “do” and “n’t”."""
    inner = [
        w
        for w in words
        if w.first == w.last and not w.is_empty and token.first <= w.first <= token.last
    ]
    if "".join(word.form for word in inner) != token.form or token.first not in places:
        return {}
    position = places[token.first][1][0]
    parts = {}
    for word in inner:
        parts[word.first] = (position, position + len(word.form))
        position += len(word.form)
    return parts


# --- Names ------------------------------------------------------------------------------------

#: One bracket or two: “(1-person”, “(1-person)” and “1)”.
_BRACKET: Final = re.compile(r"\(([^()]*)(\))?|([^()]+)\)")
_PART: Final = re.compile(r"(.*)\[([0-9]+)/([0-9]+)\]")
_ID_FIELDS: Final = ("GRP", "eid")
_LABEL_FIELDS: Final = ("etype", "entity", "type")


class _Opened(NamedTuple):
    label: str
    line: int
    start: int | None
    token: tuple[int, int]


class _Brackets:
    """Reads the mentions of a document in the notation with brackets."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.claims: list[Claim] = []
        self.unplaced: list[Unplaced] = []
        self._has_fields = bool(fields)
        self._id = next((fields.index(name) for name in _ID_FIELDS if name in fields), 0)
        self._label = next((fields.index(name) for name in _LABEL_FIELDS if name in fields), 1)
        self._open: dict[str, list[_Opened]] = defaultdict(list)
        self._split: dict[str, tuple[_Opened, int]] = {}

    def read(self, word: _Edges, brackets: str) -> None:
        for match in _BRACKET.finditer(brackets):
            opening, closed, closing = match.groups()
            if closing is not None:
                self._close(closing, word)
                continue
            fields = opening.split("-")
            name = fields[self._id] if self._id < len(fields) else opening
            label = fields[self._label] if self._label < len(fields) else ""
            if not self._has_fields and len(fields) == 1 and not opening[:1].isdecimal():
                label = opening
            label = normalise(unquote(label)).text  # an escape may stand for any character
            self._open[name].append(_Opened(label, word.word.line, word.start, word.token))
            if closed:
                self._close(name, word)

    def finish(self, length: int) -> None:
        """Leave out what was never closed."""
        for opened in (one for several in self._open.values() for one in several):
            self._leave_out(opened, length, "its bracket is never closed")
        for opened, end in self._split.values():
            self._leave_out(opened, end, "some of its parts are missing")

    def _close(self, closing: str, word: _Edges) -> None:
        # Older files repeat all fields where a mention ends.
        fields = closing.split("-")
        name = closing if closing in self._open or len(fields) <= self._id else fields[self._id]
        if not self._open.get(name):
            here = _Opened("", word.word.line, word.token[0], word.token)
            reason = f"“{shortened(closing)})” closes a bracket that was never opened"
            self._leave_out(here, word.token[1], reason)
            return
        opened = self._open[name].pop()
        end = word.token[1] if word.end is None else word.end
        if part := _PART.fullmatch(name):
            self._close_part(part[1], int(part[2][:4]), int(part[3][:4]), opened, end)
        elif opened.start is None or word.end is None:
            reason = "it has an edge inside a token whose words are not parts of it"
            self._leave_out(opened, end, reason)
        else:
            self.claims.append(Claim(opened.start, end, opened.label, line=opened.line))

    def _close_part(self, name: str, number: int, parts: int, opened: _Opened, end: int) -> None:
        first = self._split.pop(name, (opened, end))[0]
        if number < parts:
            self._split[name] = (first, end)
        else:
            self._leave_out(first, end, f"it is in {parts} parts, and a mention is one stretch")

    def _leave_out(self, opened: _Opened, end: int, reason: str) -> None:
        start = opened.token[0] if opened.start is None else opened.start
        self.unplaced.append(Unplaced(start, end, opened.label, "", reason, opened.line))


@dataclass(slots=True)
class _Names:
    claims: list[Claim] = field(default_factory=list)
    unplaced: list[Unplaced] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _names(document: _Document, text: _Text) -> _Names:
    """The names of a document, from its brackets or else from its tags."""
    bracketed = [
        (word, brackets)
        for word in text.words
        if "(" in (brackets := word.word.misc.get("Entity", "")) or ")" in brackets
    ]
    if bracketed:
        reader = _Brackets(document.fields)
        for word, brackets in bracketed:
            reader.read(word, brackets)
        reader.finish(text.length)
        return _Names(reader.claims, reader.unplaced)
    for key in _tag_keys(text):
        tags = [[word.misc.get(key, "O") for word, *_ in tokens] for tokens in text.tokens]
        if any(is_prefixed(tag) for sentence in tags for tag in sentence):
            return _from_tags(text, tags)
        if any(_NUMBERED.fullmatch(tag) for sentence in tags for tag in sentence):
            return _Names([claim for tokens in text.tokens for claim in _numbered(tokens, key)])
    return _Names()


def _tag_keys(text: _Text) -> Iterator[str]:
    """The keys under which tags may stand, the usual ones first."""
    yield from _TAG_KEYS
    found = {
        key: None
        for tokens in text.tokens
        for word, *_ in tokens
        for key, value in word.misc.items()
        if key not in _TAG_KEYS and is_prefixed(value)
    }
    yield from found


def _numbered(tokens: Sequence[tuple[_Word, int, int]], key: str) -> Iterator[Claim]:
    """The names of a sentence whose words repeat the type and number of every name around them."""
    opened: dict[str, tuple[int, int, int]] = {}
    for word, start, end in tokens:
        value = word.misc.get(key, "")
        names = value.split("-") if _NUMBERED.fullmatch(value) else []
        opened = {name: opened.get(name, (start, end, word.line)) for name in names} | opened
        for name in names:
            first, _, line = opened[name]
            opened[name] = (first, end, line)
    for name, (start, end, line) in opened.items():
        yield Claim(start, end, name.rpartition("_")[0], line=line)


def _from_tags(text: _Text, tags: Sequence[Sequence[str]]) -> _Names:
    names = _Names()
    faults: dict[Fault, list[int]] = defaultdict(list)
    scheme = guess_scheme(tags)
    for tokens, sentence in zip(text.tokens, tags, strict=True):
        reading = read_tags(sentence, scheme)
        for first, last, label in reading.names:
            word, start, _ = tokens[first]
            names.claims.append(Claim(start, tokens[last - 1][2], label, line=word.line))
        for index, fault in reading.faults:
            faults[fault].append(tokens[index][0].line)
        for index in reading.invalid:
            word, start, end = tokens[index]
            reason = f"“{shortened(sentence[index])}” is no tag of the scheme {scheme.upper()}"
            names.unplaced.append(Unplaced(start, end, "", word.form, reason, word.line))
    names.notes = [f"{at_lines(lines)}: {fault}" for fault, lines in faults.items()]
    return names


# --- From documents to drafts -----------------------------------------------------------------

_META: Final = "meta::"


def _draft(document: _Document, source: Source, lines: Lines) -> ArticleDraft:
    text = _written(document)
    raw = "".join(text.parts)
    check_article_length(raw, source.name)
    names = _names(document, text)
    placed = place(raw, names.claims, units=Units.CODE_POINTS)
    told = {
        key: normalise(value).text
        for sentence in document.sentences
        for key, value in sentence.comments.items()
        if key.startswith((_META, "newdoc"))
    }
    title = told.pop(f"{_META}title", "")
    metadata = Metadata(
        title=title,
        byline=told.pop(f"{_META}author", ""),
        url=told.pop(f"{_META}sourceURL", ""),
        language=source.language,
    )
    extra = {_extra_key(key): value for key, value in told.items() if value}
    return ArticleDraft(
        text=placed.text,
        metadata=metadata,
        zones=_zones(placed.text, title, () if placed.changes else text.paragraphs),
        mentions=placed.mentions,
        # The marks of a person may be all that there is or a part: the file does not say.
        status=ReviewStatus.OPEN if placed.mentions else ReviewStatus.UNREVIEWED,
        encoding=lines.encoding,
        changes=placed.changes,
        notes=(*lines.notes, *_notes(document, text), *names.notes, *placed.notes),
        unplaced=(*placed.unplaced, *names.unplaced),
        extra=extra,
    )


def _extra_key(key: str) -> str:
    return key.removeprefix(_META) if key.startswith(_META) else "document"


def _notes(document: _Document, text: _Text) -> Iterator[str]:
    if text.differing:
        yield (
            f"{at_lines(text.differing)}: the tokens are not those of “# text”; the sentence was "
            "put together from them"
        )
    if not any(sentence.starts("newpar") for sentence in document.sentences):
        yield "The file tells no paragraphs: each sentence was put into a line of its own."


def _zones(text: str, title: str, paragraphs: Sequence[_Paragraph]) -> tuple[ZonedSpan, ...]:
    """The zones by the words, and those of the paragraphs whose kind the file tells."""
    found = find_zones(text, headline=title)
    told = [zone for paragraph in paragraphs if (zone := _zone(text, paragraph))]
    starts = [zone.start for zone in told]
    others: list[ZonedSpan] = []
    for zone in found:
        at = bisect_right(starts, zone.start) - 1
        end = told[at].end if at >= 0 else 0
        following = starts[at + 1] if at + 1 < len(starts) else len(text)
        if zone.start >= end and zone.end <= following:
            others.append(zone)
        elif zone.end > end:
            return found  # by its words it goes on where by its kind it ends
    return tuple(sorted([*others, *told], key=lambda zone: zone.start))


def _zone(text: str, paragraph: _Paragraph) -> ZonedSpan | None:
    """A paragraph without the white space at its edges; None where there is nothing else."""
    words = text[paragraph.start : paragraph.end]
    if not words.strip():
        return None
    start = paragraph.start + len(words) - len(words.lstrip())
    return ZonedSpan(start, start + len(words.strip()), paragraph.zone)
