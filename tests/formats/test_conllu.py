"""CoNLL-U: the exact text, the names in brackets, and what the conllu library reads in it."""

import re
from contextlib import suppress
from pathlib import Path

import conllu
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.domain.articles import ArticleDraft, ReviewStatus
from annotations.domain.mentions import MentionState
from annotations.domain.text import normalise
from annotations.domain.zones import Zone
from annotations.formats import format_of
from annotations.formats.base import FormatError, Source
from annotations.formats.conllu import Reader
from tests.formats import cast

NIGHT = Path(__file__).parents[1] / "samples/formats/conllu/night.conllu"


def read(data: str | bytes, name: str = "night.conllu", language: str = "en") -> list[ArticleDraft]:
    raw = data.encode() if isinstance(data, str) else data
    return list(Reader().read(Source(name, raw, language=language)))


def rows(*words: str, above: str = "") -> str:
    """A sentence; each word is its form and, after a space, its last column."""
    lines = []
    for number, word in enumerate(words, start=1):
        form, _, misc = word.partition(" ")
        lines.append("\t".join([str(number), form, *"_______", misc or "_"]))
    return "".join(f"{line}\n" for line in [*above.split("\n"), *lines, ""]).lstrip("\n")


def marked(draft: ArticleDraft) -> list[tuple[str, str]]:
    return [(draft.text[m.start : m.end], m.label) for m in draft.mentions]


def test_the_night_is_read_as_it_was_written() -> None:
    night, day = read(NIGHT.read_bytes())
    assert night.text == (
        "Ulm sleeps\n\nMayor Ines Okafor of Ulm-West, who doesn't sleep, met Ada and Ben of "
        "Alder Marine. They agreed."
    )
    assert marked(night) == [
        ("Ulm", "place"),
        ("Mayor Ines Okafor of Ulm-West", "person"),
        ("Ulm-West", "place"),
        ("Ulm", "place"),
        ("n't", "abstract"),
        ("Ada and Ben of Alder Marine", "person"),
        ("Ben", "person"),
        ("Alder Marine", "organization"),
        ("They", "person"),
    ]
    assert (day.text, marked(day)) == (
        "😀 Zoë at the quay.", [("Zoë", "person"), ("the quay", "place")],
    )  # fmt: skip
    assert {mention.state for mention in night.mentions} == {MentionState.ADDED}
    assert (night.status, night.notes, night.changes) == (ReviewStatus.OPEN, (), ())


def test_a_mention_in_two_parts_is_left_out_with_its_reason() -> None:
    night, day = read(NIGHT.read_bytes())
    [unplaced] = night.unplaced
    assert night.text[unplaced.start : unplaced.end] == "Ada and Ben of Alder Marine"
    assert (unplaced.label, unplaced.line) == ("person", 30)
    assert "it is in 2 parts" in str(unplaced)
    assert day.unplaced == ()


def test_what_the_file_says_of_the_article_is_kept() -> None:
    night, day = read(NIGHT.read_bytes(), language="de")
    assert (night.metadata.title, night.metadata.byline) == ("Ulm sleeps", "Ada Reed")
    assert (night.metadata.url, night.metadata.language) == ("https://news.example/night", "de")
    assert night.extra == {"document": "night", "dateCreated": "2031-03-01"}
    assert (day.metadata.title, day.extra) == ("", {"document": "day"})


def test_the_kinds_of_paragraphs_are_zones() -> None:
    night, day = read(NIGHT.read_bytes())
    assert [(night.text[z.start : z.end][:10], z.zone) for z in night.zones] == [
        ("Ulm sleeps", Zone.HEADLINE), ("Mayor Ines", Zone.PARAGRAPH),
    ]  # fmt: skip
    assert [(z.start, z.end, z.zone) for z in day.zones] == [(0, len(day.text), Zone.CAPTION)]


def test_a_head_further_down_is_a_subheading_and_lists_are_lists() -> None:
    data = (
        rows("Ulm", "slept", above="# newpar = p (1 s)")
        + rows("Then", above="# newpar = head (1 s)")
        + rows("One", above="# newpar = list (2 s) | item (2 s)")
        + rows("more")
        + rows("Ada", "woke")
    )
    [draft] = read(data)
    assert draft.text == "Ulm slept\n\nThen\n\nOne more\n\nAda woke"
    zones = {draft.text[z.start : z.end]: z.zone for z in draft.zones}
    assert zones["Then"] is Zone.SUBHEADING
    assert zones["One more"] is Zone.LIST
    assert zones["Ada woke"] is Zone.PARAGRAPH


# The conllu library as a second reader.


def test_the_conllu_library_reads_the_same_sentences() -> None:
    drafts = read(NIGHT.read_bytes())
    sentences = conllu.parse(NIGHT.read_text(encoding="utf-8"))
    text = " ".join(" ".join(draft.text.split()) for draft in drafts)
    assert text == " ".join(sentence.metadata["text"] for sentence in sentences)


def theirs(data: str) -> str:
    """The text by the tokens of the conllu library and their SpaceAfter."""
    lines = []
    for sentence in conllu.parse(data):
        parts: list[str] = []
        covered = 0
        for token in sentence:
            number = token["id"]
            if isinstance(number, tuple) and number[1] == "-":
                covered = number[2]
            elif isinstance(number, tuple) or number <= covered:
                continue
            misc = token["misc"] or {}
            parts += (token["form"], "" if misc.get("SpaceAfter") == "No" else " ")
        lines.append("".join(parts[:-1]))
    return "\n".join(lines)


FORMS = st.text(st.sampled_from("ab’.“😀é\u0301中\u00a0#()"), min_size=1, max_size=4).map(
    lambda form: form.replace("\u00a0", "x") if not form.strip() else form
)
SENTENCES = st.lists(
    st.lists(st.tuples(FORMS, st.sampled_from(["_", "SpaceAfter=No"])), min_size=1, max_size=6),
    min_size=1,
    max_size=3,
)


@given(SENTENCES)
def test_any_tokens_give_the_text_that_the_conllu_library_gives(
    sentences: list[list[tuple[str, str]]],
) -> None:
    data = ""
    for words in sentences:
        *before, (last, _) = words
        data += rows(*(f"{form} {misc}" for form, misc in before), f"{last} _")
    [draft] = read(data)
    assert draft.text == theirs(data)


@settings(deadline=None, max_examples=50)
@given(SENTENCES, st.data())
def test_brackets_around_any_words_give_those_words(
    sentences: list[list[tuple[str, str]]], data: st.DataObject
) -> None:
    """Names are written the other way round: from spans of words to brackets."""
    lines, expected = "", []
    for number, words in enumerate(sentences):
        spans = data.draw(
            st.lists(st.tuples(st.integers(0, len(words) - 1), st.integers(1, 6)), max_size=3)
        )
        # Where several stand on a word, those that open come last: so their fields have an end.
        single, closing, opening = ([""] * len(words) for _ in range(3))
        for index, (first, length) in enumerate(spans):
            last = min(first + length, len(words)) - 1
            name = f"{number}x{index}"
            if first == last:
                single[first] += f"({name}-L{name}-new)"
            else:
                opening[first] += f"({name}-L{name}-new"
                closing[last] += f"{name})"
            expected.append((number, first, last, f"L{name}"))
        brackets = map("".join, zip(single, closing, opening, strict=True))
        lines += rows(
            *(
                f"{form} {misc}|Entity={inside}" if inside else f"{form} {misc}"
                for (form, misc), inside in zip(words, brackets, strict=True)
            )
        )
    [draft] = read(lines)
    assert not draft.unplaced
    found = {m.label: draft.text[m.start : m.end] for m in draft.mentions}
    assert len(found) == len(expected)
    for number, first, last, label in expected:
        stretch = sentences[number][first : last + 1]
        spaced = "".join(f + ("" if misc != "_" else " ") for f, misc in stretch[:-1])
        assert found[label] == spaced + stretch[-1][0]


def test_the_text_of_a_sentence_is_its_own_however_odd() -> None:
    for line in cast.TORTURE.split("\n"):
        words = re.findall(r"\w+|[^\w\s]", line)
        first = f"{words[0]} Entity=(1-person)"
        [draft] = read(rows(first, *words[1:], above=f"# text = {line}"))
        assert draft.text == line.strip(" \u3000").strip()
        assert marked(draft) == [(words[0], "person")]
        assert draft.notes == (
            "The file tells no paragraphs: each sentence was put into a line of its own.",
        )


def test_a_text_that_is_not_that_of_its_tokens_is_not_used_and_that_is_told() -> None:
    data = rows("Ulm Entity=(1-place)", "slept SpaceAfter=No", ".", above="# text = Ulm snored.")
    [draft] = read(data)
    assert (draft.text, marked(draft)) == ("Ulm slept.", [("Ulm", "place")])
    assert draft.notes[0].startswith("line 2: the tokens are not those of “# text”")


def test_between_sentences_stands_what_the_file_tells() -> None:
    data = (
        rows("One", "ends.", above="# newpar")
        + rows("Two", "ends. SpacesAfter=\\s\\s")
        + rows("Three. SpaceAfter=No")
        + rows("Four. SpacesAfter=\\n\\n\\n")
        + rows("Five.", above="# newpar id = 2")
        + rows("Six.", above="# newpar")
    )
    [draft] = read(data)
    assert draft.text == "One ends. Two ends.  Three.Four.\n\n\nFive.\n\nSix."
    assert draft.notes == ()


def test_comments_before_an_empty_line_belong_to_what_follows() -> None:
    one, two = read(
        "# newdoc id = a\n\n" + rows("Ulm") + "# newdoc\n\n\n" + rows("Ada", above="# x")
    )
    assert [one.text, two.text] == ["Ulm", "Ada"]
    assert (one.extra, two.extra) == ({"document": "a"}, {})


# Fields, tags, and edges that are nowhere.


def test_the_fields_are_those_that_the_file_names_in_every_version() -> None:
    old = "# global.Entity = entity-GRP-infstat"
    [draft] = read(
        rows("New Entity=(place-1-new", "Ulm Entity=place-1)", "slept", above=old)
        + rows("Ada Entity=(person-2-new)")
    )
    assert marked(draft) == [("New Ulm", "place"), ("Ada", "person")]
    corefud = "# global.Entity = eid-etype-head-other"
    [draft] = read(rows("New Entity=(e1-gpe%2Dcity-2-", "Ulm Entity=e1)", above=corefud))
    assert marked(draft) == [("New Ulm", "gpe-city")]
    [draft] = read(rows("It Entity=(e1--1-)", above=corefud))
    assert [one.reason for one in draft.unplaced] == ["it has no label"]


@pytest.mark.parametrize("key", ["NER", "ner", "NE", "Entity"])
def test_tags_are_read_where_there_are_no_brackets(key: str) -> None:
    [draft] = read(
        rows(f"New {key}=B-LOC", f"Ulm {key}=E-LOC|SpaceAfter=No", f". {key}=O")
        + rows(f"Ada {key}=S-PER", f"Ben {key}=I-PER", f"x {key}=PER")
    )
    assert draft.text == "New Ulm.\nAda Ben x"
    assert marked(draft) == [("New Ulm", "LOC"), ("Ada", "PER"), ("Ben", "PER")]
    assert any(note.startswith("line 6: a tag continues a name") for note in draft.notes)
    assert [(one.quote, one.line) for one in draft.unplaced] == [("x", 7)]


def sentence(*lines: str) -> str:
    cells = (line.split(" ") for line in lines)
    return "".join(
        "\t".join([number, form, *"_______", misc]) + "\n" for number, form, misc in cells
    )


def test_an_edge_inside_a_token_of_several_words_is_placed_where_they_are_its_parts() -> None:
    [draft] = read(
        sentence("1-2 CNN's SpaceAfter=No", "1 CNN Entity=(1-organization)", "2 's _", "3 . _")
    )
    assert (draft.text, marked(draft)) == ("CNN's.", [("CNN", "organization")])


def test_an_edge_inside_a_token_whose_words_are_not_its_parts_is_left_out() -> None:
    [draft] = read(
        sentence(
            "1 maire Entity=(1-person", "2-3 du _", "2 de _", "3 le Entity=(2-place",
            "4 Havre Entity=2)1)",
        )
    )  # fmt: skip
    assert (draft.text, marked(draft)) == ("maire du Havre", [("maire du Havre", "person")])
    [unplaced] = draft.unplaced
    assert (unplaced.label, unplaced.line) == ("place", 4)
    assert "inside a token" in unplaced.reason


def test_empty_nodes_have_no_characters() -> None:
    [draft] = read(
        sentence(
            "1 Ulm Entity=(1-place", "1.1 _ Entity=1)(2-person)", "2 slept Entity=(3-event",
            "2.1 _ Entity=(4-person", "3 well Entity=4)3)",
        )
    )  # fmt: skip
    assert draft.text == "Ulm slept well"
    assert marked(draft) == [("Ulm", "place"), ("slept well", "event"), ("well", "person")]
    assert [(one.label, one.reason) for one in draft.unplaced] == [
        ("person", "it holds no characters")
    ]


def test_brackets_that_do_not_match_are_left_out() -> None:
    [draft] = read(rows("a Entity=(1-x", "b Entity=2)", "c Entity=(3[1/2]-x)", "d Entity=(4-y)"))
    assert marked(draft) == [("d", "y")]
    assert {one.reason for one in draft.unplaced} == {
        "“2)” closes a bracket that was never opened",
        "its bracket is never closed",
        "some of its parts are missing",
    }


def test_of_two_mentions_of_the_same_thing_the_inner_one_ends_first() -> None:
    [draft] = read(rows("a Entity=(1-x", "b Entity=(1-y", "c Entity=1)", "d Entity=1)"))
    assert marked(draft) == [("a b c d", "x"), ("b c", "y")]


def test_a_mention_may_cross_sentences_and_ends_with_its_document() -> None:
    data = rows("Ulm Entity=(1-x", above="# newdoc") + rows("Ada Entity=1)")
    one, two = read(data + rows("Ben Entity=1)", above="# newdoc"))
    assert marked(one) == [("Ulm\nAda", "x")]
    assert (marked(two), len(two.unplaced)) == ([], 1)


def test_columns_may_be_named_and_more() -> None:
    head = "# global.columns = ID FORM MISC X\n"
    [draft] = read(f"{head}1\tUlm\tEntity=(1-place)\t_\n")
    assert marked(draft) == [("Ulm", "place")]
    with pytest.raises(FormatError, match="without ID and FORM"):
        read("# global.columns = A B\n1\tUlm\n")


# What is no CoNLL-U.


@pytest.mark.parametrize(
    ("data", "problem", "line"),
    [
        ("\n1\tUlm\tB-GPE\n", "ten columns|10 columns.*3 are here", 2),
        (rows("Ulm") + "x" + rows("Ada"), "“x1” is no number of a word", 3),
        ("\n\n", "holds no sentences", None),
        ("# only a comment\n", "holds no sentences", None),
    ],
)
def test_what_is_no_word_is_refused_with_its_line(
    data: str, problem: str, line: int | None
) -> None:
    with pytest.raises(FormatError, match=problem) as refusal:
        read(data)
    assert refusal.value.line == line


def test_an_article_without_end_is_refused() -> None:
    with pytest.raises(FormatError, match="more than 1,000,000 characters"):
        read(rows("Donau" * 4_000) * 51)


@pytest.mark.parametrize(
    ("name", "data", "is_theirs"),
    [
        ("a.conllu", "anything", True),
        ("a.conll", rows("Ulm"), True),
        ("a.conll", "Ulm\tB-GPE\n", False),
        ("a.conll", "Ulm NNP I-NP B-GPE\n", False),
        ("a.conll", "\x00\xff", False),
    ],
)
def test_a_conll_file_is_of_this_kind_by_its_columns(name: str, data: str, is_theirs: bool) -> None:
    assert Reader().recognises(Source(name, data.encode())) is is_theirs


WORDS = st.text(st.sampled_from("ab_()-[]/12|=Entiy%é😀\x00\ufeff\r"), max_size=12)
LINES = st.lists(
    st.builds(
        lambda number, form, misc: "\t".join([number, form, *"_______", misc]),
        st.sampled_from(["1", "2", "3", "1-2", "2-1", "1.1", "0.1", "x"]),
        WORDS,
        WORDS | WORDS.map(lambda inside: f"Entity={inside}"),
    )
    | st.sampled_from(["", "# newpar", "# newpar = head (9 s)", "# newdoc", "# text = a b",
                       "# global.Entity = etype", "# global.columns = FORM ID", "#"]),
    max_size=12,
).map("\n".join)  # fmt: skip


@settings(deadline=None)
@given(LINES.map(str.encode) | st.binary(max_size=100))
def test_any_bytes_give_sound_drafts_or_one_sentence(data: bytes) -> None:
    with suppress(FormatError):
        for draft in read(data):
            assert draft.text.strip()
            assert normalise(draft.text).text == draft.text
            assert all(0 <= m.start < m.end <= len(draft.text) for m in draft.mentions)
            covered = 0
            for zone in draft.zones:
                assert covered <= zone.start < zone.end <= len(draft.text)
                assert not draft.text[covered : zone.start].strip()
                covered = zone.end
            assert not draft.text[covered:].strip()


def test_tags_of_other_treebanks_are_found_whatever_their_key() -> None:
    for key in ("name", "Ner", "ne_type"):
        [draft] = read(rows(f"Ines {key}=B-PER", f"Okafor {key}=I-PER|SpaceAfter=No", "."))
        assert marked(draft) == [("Ines Okafor", "PER")]
    [bare] = read(rows("Ines B-PER", "Okafor I-PER", "slept O"))
    assert marked(bare) == [("Ines Okafor", "PER")]


def test_a_column_of_its_own_may_hold_the_tags() -> None:
    data = "# global.columns = ID TOKEN X:NE\n1\tUlm\tB-LOC\n2\tslept\tO\n\n"
    assert format_of(Source("night.conllup", data.encode())) == "conllu"
    [draft] = read(data, "night.conllup")
    assert (draft.text, marked(draft)) == ("Ulm slept", [("Ulm", "LOC")])


def test_a_bracket_with_a_word_alone_bears_its_label() -> None:
    data = rows("Ulm Entity=(ORG(GPE)", "Bank Entity=ORG)", "met", "Ines Entity=(PER)")
    [draft] = read(data)
    assert marked(draft) == [("Ulm Bank", "ORG"), ("Ulm", "GPE"), ("Ines", "PER")]
    [bare] = read(rows("Ulm Entity=(1)"))
    assert [one.reason for one in bare.unplaced] == ["it has no label"]


def test_names_as_nametag_numbers_them_nest() -> None:
    data = rows("Ines NE=p_1-pf_2", "Okafor NE=p_1-ps_3", "met", "Ulm NE=gu_4|SpaceAfter=No", ".")
    [draft] = read(data)
    assert marked(draft) == [
        ("Ines Okafor", "p"), ("Ines", "pf"), ("Okafor", "ps"), ("Ulm", "gu"),
    ]  # fmt: skip
