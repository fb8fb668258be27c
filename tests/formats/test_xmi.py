"""UIMA CAS XMI, read as other tools write it and written so that DKPro's own library reads it."""

import json
import time
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import cassis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotations.domain.articles import AnnotatedArticle, ArticleDraft, ReviewStatus
from annotations.domain.mentions import Mention, MentionState
from annotations.domain.zones import Zone, ZonedSpan
from annotations.formats import jsonl
from annotations.formats._uima import NAMED_ENTITY, SENTENCE, TOKEN, ZONE
from annotations.formats.base import SUGGESTIONS_LAYER, FormatError, Source, WriteReport
from annotations.formats.xmi import TYPE_SYSTEM, Reader, Writer
from tests.formats import cast

SAMPLES = Path(__file__).parents[1] / "samples/formats/xmi"
#: Files of other projects, where they are at hand.
OTHERS = Path(__file__).parents[3] / "shared/samples/formats"

reusing_the_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)

type Quoted = Counter[tuple[int, int, str, str]]


def source(data: bytes | str, name: str = "article.xmi", **more: Any) -> Source:
    return Source(name, data if isinstance(data, bytes) else data.encode(), **more)


def harbour(*, with_types: bool = True, **options: str) -> ArticleDraft:
    beside = {TYPE_SYSTEM: (SAMPLES / TYPE_SYSTEM).read_bytes()} if with_types else {}
    data = (SAMPLES / "harbour.xmi").read_bytes()
    [draft] = Reader().read(source(data, "harbour.xmi", beside=beside, options=options))
    return draft


def write(articles: list[AnnotatedArticle], folder: Path) -> WriteReport:
    for old in folder.iterdir():
        old.unlink()
    return Writer().write(iter(articles), folder)


def read_back(article: AnnotatedArticle, folder: Path) -> ArticleDraft:
    name = f"article-{article.id}.xmi"
    beside = {TYPE_SYSTEM: (folder / TYPE_SYSTEM).read_bytes()}
    data = (folder / name).read_bytes()
    [draft] = Reader().read(source(data, name, beside=beside, language="xx"))
    return draft


def oracle(article: AnnotatedArticle, folder: Path) -> cassis.Cas:
    """The file as DKPro's library reads it: strictly, and any offset that it cannot map fails."""
    types = cassis.load_typesystem(folder / TYPE_SYSTEM)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return cassis.load_cas_from_xmi(folder / f"article-{article.id}.xmi", types)


def quoted(article: AnnotatedArticle | ArticleDraft) -> Quoted:
    return Counter((m.start, m.end, m.label, m.span.of(article.text)) for m in article.mentions)


def quoted_by(cas: cassis.Cas) -> Quoted:
    return Counter(
        (one.begin, one.end, one.value, one.get_covered_text()) for one in cas.select(NAMED_ENTITY)
    )


def document(*annotations: str, text: str = "Ulm slept.", views: str = "", before: str = "") -> str:
    """A CAS as small as it can be; ids of annotations count from 2."""
    numbered = "".join(
        one.replace("/>", f' xmi:id="{number}" sofa="1"/>')
        for number, one in enumerate(annotations, start=2)
    )
    members = " ".join(str(number) for number in range(2, len(annotations) + 2))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<xmi:XMI xmlns:xmi="http://www.omg.org/XMI"'
        ' xmlns:cas="http:///uima/cas.ecore" xmlns:a="http:///a.ecore"'
        ' xmlns:none="http:///uima/noNamespace.ecore" xmlns:custom="http:///webanno/custom.ecore"'
        ' xmlns:ner="http:///de/tudarmstadt/ukp/dkpro/core/api/ner/type.ecore" xmi:version="2.0">'
        f'{numbered}<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" sofaString="{text}"/>'
        f'<cas:View sofa="1" members="{members}"/>{views}</xmi:XMI>'
    )


def read(data: str | bytes, **options: str) -> ArticleDraft:
    [draft] = Reader().read(source(data, options=options))
    return draft


# --- Reading what others write ----------------------------------------------------------------


@pytest.mark.parametrize("with_types", [True, False])
def test_the_sample_is_read_with_and_without_its_type_system(with_types: bool) -> None:
    draft = harbour(with_types=with_types)
    assert draft.text == "🚢 Ferry stops in Ulm.\nAda Okafor, mayor of Tern Island, said so."
    assert quoted(draft) == {
        (17, 20, "GPE", "Ulm"): 1,
        (22, 32, "PERSON", "Ada Okafor"): 1,
        (22, 32, "OFFICIAL", "Ada Okafor"): 1,
        (26, 32, "Person", "Okafor"): 1,
    }
    assert {mention.state for mention in draft.mentions} == {MentionState.ADDED}
    assert (draft.status, draft.layer, draft.number) == (ReviewStatus.OPEN, "", None)


def test_what_does_not_hold_is_listed_with_its_line_and_its_reason() -> None:
    assert [str(one) for one in harbour().unplaced] == [
        "line 19: span 45–56 was left out: it has no label",
        "line 21: EMPTY 58–58 was left out: it holds no characters",
        "line 22: SHIP 1–8 was left out: an edge lies in the middle of a character",
        "line 23: BEYOND 28–71 was left out: it lies beyond the text, which has 65 characters",
    ]


def test_other_views_and_what_was_converted_are_noted() -> None:
    draft = harbour()
    assert any("“_InitialView” was read, not “Translation”" in note for note in draft.notes)
    assert any("UTF-16" in note for note in draft.notes)
    assert draft.changes == ("Line ends were unified: 1 CRLF became LF.",)


def test_the_name_of_the_file_is_no_title_and_the_language_is_taken() -> None:
    draft = harbour()
    assert (draft.metadata.title, draft.metadata.language) == ("", "de")


def test_the_layers_with_strings_can_be_chosen_and_named_entities_are_the_guess() -> None:
    data = (SAMPLES / "harbour.xmi").read_bytes()
    layer, feature = Reader().options(source(data))
    assert (layer.name, layer.guess) == ("layer", NAMED_ENTITY)
    assert layer.choices == (
        (NAMED_ENTITY, "NamedEntity (8 spans)"),
        ("webanno.custom.Office", "Office (2 spans)"),
    )
    assert (feature.name, feature.guess) == ("feature", "value")
    assert [value for value, _ in feature.choices] == ["value", "identifier", "role"]


def test_a_relation_is_no_layer_of_names() -> None:
    data = (SAMPLES / "harbour.xmi").read_bytes()
    assert "Holds" not in str(Reader().options(source(data)))


def test_another_layer_has_its_first_string_as_label_or_the_feature_chosen() -> None:
    layer = "webanno.custom.Office"
    draft = harbour(layer=layer)
    assert quoted(draft) == {(22, 32, "3", "Ada Okafor"): 1, (34, 39, "2", "mayor"): 1}
    assert "“grade”" in draft.notes[-1]
    chosen = harbour(layer=layer, feature="role")
    assert {mention.label for mention in chosen.mentions} == {"person", "head of the town"}
    # Without its type system a feature of numbers is taken for a feature of numbers.
    guessed = harbour(with_types=False, layer=layer)
    assert {mention.label for mention in guessed.mentions} == {"person", "head of the town"}


def test_a_layer_that_is_not_there_brings_no_names_and_a_note() -> None:
    draft = harbour(layer="a.Missing")
    assert draft.mentions == ()
    assert "no layer “Missing”" in draft.notes[-1]


def test_a_file_without_named_entities_says_what_could_be_read() -> None:
    data = document('<a:Place begin="0" end="3" kind="town"/>')
    assert "these layers: “Place”" in read(data).notes[0]
    assert quoted(read(data, layer="a.Place")) == {(0, 3, "town", "Ulm"): 1}
    [option] = Reader().options(source(data))
    assert (option.guess, option.choices) == ("", (("a.Place", "Place (1 spans)"),))


def test_a_custom_layer_is_the_guess_where_there_are_no_named_entities() -> None:
    data = document(
        '<a:Other begin="4" end="9" kind="x"/>', '<custom:Place begin="0" end="3" kind="town"/>'
    )
    assert quoted(read(data)) == {(0, 3, "town", "Ulm"): 1}


def test_a_type_without_a_package_can_be_chosen() -> None:
    data = document('<none:Place begin="0" end="3" kind="town"/>')
    assert quoted(read(data, layer="Place")) == {(0, 3, "town", "Ulm"): 1}


def test_what_is_not_indexed_in_the_view_was_deleted() -> None:
    data = document('<ner:NamedEntity begin="0" end="3" value="GPE"/>')
    assert len(read(data).mentions) == 1
    assert read(data.replace('members="2"', 'members=""')).mentions == ()


def test_the_first_view_with_a_text_is_read() -> None:
    views = '<cas:Sofa xmi:id="9" sofaNum="2" sofaID="b" sofaString="Second"/>'
    assert read(document(views=views)).text == "Ulm slept."
    first = document(views=views).replace(' sofaString="Ulm slept."', ' sofaURI="file:x"')
    assert read(first).text == "Second"


def test_the_state_score_and_maker_of_a_mention_are_read_where_they_make_sense() -> None:
    data = document(
        '<ner:NamedEntity begin="0" end="3" value="A" state="suggested" score="0.5" source="t"/>',
        '<ner:NamedEntity begin="0" end="3" value="B" state="new" score="7" source=""/>',
        '<ner:NamedEntity begin="0" end="3" value="C" score="NaN"/>',
    )
    assert read(data).mentions == (
        Mention(0, 3, "A", MentionState.SUGGESTED, 0.5, "t"),
        Mention(0, 3, "B"),
        Mention(0, 3, "C"),
    )


def test_a_long_row_of_digits_is_looked_at_in_no_time() -> None:
    began = time.perf_counter()
    read(document(f'<a:Place begin="0" end="3" kind="{"1" * 100_000}x"/>'))
    assert time.perf_counter() - began < 1


def test_types_that_inherit_in_a_circle_end_somewhere() -> None:
    types = (
        "<t><types><typeDescription><name>a.A</name><supertypeName>a.B</supertypeName>"
        "<features><featureDescription><name>kind</name><rangeTypeName>a.B</rangeTypeName>"
        "</featureDescription></features></typeDescription><typeDescription><name>a.B</name>"
        "<supertypeName>a.A</supertypeName></typeDescription></types></t>"
    )
    data = document('<a:A begin="0" end="3" kind="town"/>')
    beside = {"folder/typesystem.xml": types.encode()}
    [draft] = Reader().read(source(data, beside=beside, options={"layer": "a.A"}))
    # The type system says that the feature is no string, so there is no label.
    assert [one.reason for one in draft.unplaced] == ["it has no label"]


def test_other_charsets_are_read_as_the_file_declares_them() -> None:
    data = document(text="Zoë slept").replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert (read(data).text, read(data).encoding) == ("Zoë slept", "iso-8859-1")
    wide = document(text="Zoë slept").replace("UTF-8", "UTF-16").encode("utf-16")
    assert read(wide).text == "Zoë slept"


@pytest.mark.parametrize(
    "path", sorted(OTHERS.rglob("*.xmi")) or [pytest.param(None, marks=pytest.mark.skip)]
)
def test_real_files_are_read_as_dkpros_library_reads_them(path: Path) -> None:
    types = OTHERS / "uima-xmi/inception_typesystem.xml"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cas = cassis.load_cas_from_xmi(path, cassis.load_typesystem(types), lenient=True)
    beside = {TYPE_SYSTEM: types.read_bytes()}
    [draft] = Reader().read(source(path.read_bytes(), beside=beside))
    assert draft.text == cas.sofa_string
    labelled = [one for one in cas.select(NAMED_ENTITY) if one.value and one.begin < one.end]
    assert quoted(draft) == Counter(
        (one.begin, one.end, one.value, one.get_covered_text()) for one in labelled
    )
    assert len(draft.mentions) + len(draft.unplaced) == len(cas.select(NAMED_ENTITY))


# --- Files made to break a reader -------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in ["ab", "bc", "cd", "de", "ef", "fg"])
    + "]>"
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-be"])
def test_entities_that_grow_are_refused_before_they_are_read(encoding: str) -> None:
    data = document(text="&g;", before=LAUGHS).replace("UTF-8", "UTF-16" if "16" in encoding else
                                                       "UTF-8").encode(encoding)  # fmt: skip
    with pytest.raises(FormatError, match="document type"):
        read(data)


def test_a_document_type_in_a_charset_that_hides_it_is_refused() -> None:
    plain = document(before="<!DOCTYPE x>").replace("UTF-8", "UTF-7").encode()
    data = plain.replace(b"<!DOCTYPE", b"+ADwAIQ-DOCTYPE")
    assert b"<!DOCTYPE" not in data
    with pytest.raises(FormatError, match="document type"):
        read(data)


def test_no_file_is_opened_for_an_external_entity(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("swordfish")
    before = f'<!DOCTYPE x [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'
    with pytest.raises(FormatError, match="document type"):
        read(document(text="&s;", before=before))


@pytest.mark.parametrize("which", ["file", "type system"])
def test_xml_that_is_not_well_formed_is_refused_with_its_line(which: str) -> None:
    good, bad = document().encode(), b"<a>\n<b></a>"
    beside = {TYPE_SYSTEM: bad} if which == "type system" else {}
    with pytest.raises(FormatError, match=r"is not well-formed XML \(line 2\)") as refusal:
        list(Reader().read(source(good if beside else bad, beside=beside)))
    assert (TYPE_SYSTEM in str(refusal.value)) == bool(beside)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not well-formed"),
        (b"\x00\xff\x00\xff", "not well-formed"),
        (b"<a/>", "holds no text"),
        (b"<a><b/></a>", "its root is not xmi:XMI"),
        (document().replace("sofaString", "sofaURI"), "holds no text"),
        (document(text=" "), "is empty"),
        (document().replace('sofaNum="1"', 'sofaNum="one"'), "“sofaNum” is missing or not a whole"),
        (document('<a:A begin="0" end="1e3"/>'), "“end” is missing or not a whole number"),
        (document(f'<a:A begin="0" end="{"9" * 30}"/>'), "“end” is missing or not a whole number"),
        (document(text="a" * 1_000_001), "1,000,001 characters"),
        ("<a>" * 5000, "not well-formed"),
    ],
)
def test_what_is_no_xmi_is_refused(data: bytes | str, says: str) -> None:
    with pytest.raises(FormatError, match=says):
        read(data)
    assert Reader().options(source(data)) == ()


def test_a_file_above_the_limit_is_not_parsed() -> None:
    with pytest.raises(FormatError, match="MB"):
        read(b"<" + b" " * 20_000_001)


@given(st.binary(max_size=60), st.integers(0, 2000))
def test_damaged_files_are_read_or_refused_but_never_crash(noise: bytes, place: int) -> None:
    data = (SAMPLES / "harbour.xmi").read_bytes()
    place += 400
    with suppress(FormatError):  # any other exception fails the test
        read(data[:place] + noise + data[place + len(noise) :])


# --- Writing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [cast.news, cast.torture, cast.nested, cast.sample])
def test_dkpros_library_finds_the_same_text_and_names(
    made: Callable[[], AnnotatedArticle], tmp_path: Path
) -> None:
    article = made()
    report = write([article], tmp_path)
    cas = oracle(article, tmp_path)
    assert cas.sofa_string == article.text
    assert quoted_by(cas) == quoted(article)
    assert cas.typecheck() == []
    assert [(one.begin, one.end) for one in cas.select(TOKEN)] == list(article.tokens)
    assert [(one.begin, one.end, one.zone, one.certain) for one in cas.select(ZONE)] == [
        (zone.start, zone.end, zone.zone, zone.certain) for zone in article.zones
    ]
    assert report.mentions_out == report.mentions_in == len(article.mentions)


@reusing_the_folder
@given(cast.articles())
def test_any_article_is_the_same_to_dkpros_library_and_to_our_reader(
    tmp_path: Path, article: AnnotatedArticle
) -> None:
    write([article], tmp_path)
    if article.text:  # their library knows no offset in an empty text, not even 0
        cas = oracle(article, tmp_path)
        assert cas.sofa_string == article.text
        assert quoted_by(cas) == quoted(article)
    draft = read_back(article, tmp_path)
    known = draft.metadata
    assert (draft.text, draft.mentions) == (article.text, article.mentions)
    assert (draft.number, draft.status, draft.layer) == (article.id, article.status, article.layer)
    assert (known.title, known.language) == (article.title, article.language)
    assert draft.zones == article.zones
    assert (draft.unplaced, draft.changes) == ((), ())
    told = {
        "source": known.source,
        "byline": known.byline,
        "url": known.url,
        "published_on": known.published_on and str(known.published_on),
    }
    assert told == {key: article.meta[key] for key in told}
    assert draft.extra == {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in article.meta.items()
        if key not in told and value is not None
    }


def test_offsets_count_utf_16_code_units(tmp_path: Path) -> None:
    article = cast.article("😀 Ulm", Mention(2, 5, "GPE"))
    write([article], tmp_path)
    written = (tmp_path / "article-1.xmi").read_text("utf-8")
    assert 'sofa="1" begin="3" end="6" value="GPE"' in written


def test_sentences_cover_every_token_and_cut_no_mention(tmp_path: Path) -> None:
    article = cast.news()
    write([article], tmp_path)
    sentences = [(one.begin, one.end) for one in oracle(article, tmp_path).select(SENTENCE)]
    assert len(sentences) == 6  # the one at “4.50” is cut by the tokens of the cast
    for start, end in [*article.tokens, *((m.start, m.end) for m in article.mentions)]:
        assert any(first <= start and end <= last for first, last in sentences)


def test_an_article_without_tokens_has_no_sentences(tmp_path: Path) -> None:
    article = cast.article("Ulm slept.", Mention(0, 3, "GPE"), tokens=())
    write([article], tmp_path)
    assert oracle(article, tmp_path).select(SENTENCE) == []
    assert quoted(read_back(article, tmp_path)) == quoted(article)


def test_white_space_and_markup_in_values_come_back(tmp_path: Path) -> None:
    text = "a\tb\nc <d> & \"e\" 'f' ]]> \u0085\u2028 g"
    article = cast.article(text, Mention(0, 3, "ORG", source='x<&">\t'), title="T & <t>")
    write([article], tmp_path)
    draft = read_back(article, tmp_path)
    assert (draft.text, draft.mentions, draft.metadata.title) == (text, article.mentions, "T & <t>")
    assert oracle(article, tmp_path).sofa_string == text


def test_an_article_that_xml_cannot_carry_is_left_out_with_its_reason(tmp_path: Path) -> None:
    report = write([cast.article("a\x0bb", Mention(0, 1, "ORG")), cast.news(id=2)], tmp_path)
    assert report.articles_left_out == {"The text holds characters that XML cannot carry.": 1}
    assert (report.articles, report.mentions_in, report.mentions_out) == (1, 8, 8)
    assert report.files == ["TypeSystem.xml", "article-2.xmi"]


def test_every_status_is_written_and_suggestions_stay_suggestions(tmp_path: Path) -> None:
    for number, status in enumerate(ReviewStatus, start=1):
        mention = Mention(0, 3, "GPE", MentionState.SUGGESTED, 0.25, "tagger 1.0")
        article = cast.article(
            "Ulm slept.", mention, id=number, status=status, layer=SUGGESTIONS_LAYER
        )
        write([article], tmp_path)
        draft = read_back(article, tmp_path)
        assert (draft.status, draft.layer) == (status, SUGGESTIONS_LAYER)
        assert draft.mentions == (mention,)


def test_a_suggestion_that_lost_its_state_is_one_by_its_layer(tmp_path: Path) -> None:
    article = cast.article("Ulm", Mention(0, 3, "GPE"), layer=SUGGESTIONS_LAYER)
    write([article], tmp_path)
    path = tmp_path / "article-1.xmi"
    draft = read(path.read_bytes().replace(b' state="added"', b""))
    assert [mention.state for mention in draft.mentions] == [MentionState.SUGGESTED]


def test_the_number_survives_a_tool_that_writes_file_names_instead(tmp_path: Path) -> None:
    article = cast.news(id=7)
    write([article], tmp_path)
    data = (tmp_path / "article-7.xmi").read_bytes()
    renamed = data.replace(b'documentId="7"', b'documentId="article-7.xmi"')
    assert renamed != data
    assert read(renamed).number == 7


def test_an_uncertain_zone_stays_uncertain_and_wrong_zones_are_found_anew(tmp_path: Path) -> None:
    zones = (ZonedSpan(0, 3, Zone.CAPTION, certain=False),)
    article = cast.article("Ulm", zones=zones)
    write([article], tmp_path)
    assert read_back(article, tmp_path).zones == zones
    short = (tmp_path / "article-1.xmi").read_bytes().replace(b'end="3" zone', b'end="2" zone')
    [zone] = read(short).zones
    assert (zone.start, zone.end, zone.zone) == (0, 3, Zone.PARAGRAPH)


def test_an_empty_corpus_is_a_type_system(tmp_path: Path) -> None:
    assert write([], tmp_path).files == ["TypeSystem.xml"]


def test_an_empty_article_comes_back(tmp_path: Path) -> None:
    write([cast.empty()], tmp_path)
    assert read_back(cast.empty(), tmp_path).text == ""


def test_the_same_corpus_is_written_as_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        Writer().write([cast.news(id=1), cast.torture(id=2)], tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["TypeSystem.xml", "article-1.xmi", "article-2.xmi"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_what_dkpros_library_writes_is_read(tmp_path: Path) -> None:
    write([cast.torture()], tmp_path)
    draft = read(oracle(cast.torture(), tmp_path).to_xmi())
    assert (draft.text, draft.mentions) == (cast.TORTURE, cast.torture().mentions)


def test_writing_takes_less_than_ten_times_the_bare_encoding(tmp_path: Path) -> None:
    text = cast.NEWS * 10
    mentions = [cast.mark(text, "Tern Island", "LOC", nth) for nth in range(20)]
    articles = [cast.article(text, *mentions, id=number) for number in range(1, 31)]
    jsonl.Writer().write(articles, tmp_path / "corpus.jsonl")
    records = [json.loads(row) for row in (tmp_path / "corpus.jsonl").read_bytes().splitlines()]

    def best(action: Callable[[], object]) -> float:
        times = []
        for _ in range(7):
            began = time.process_time()
            action()
            times.append(time.process_time() - began)
        return min(times)

    bare = best(lambda: [json.dumps(record, ensure_ascii=False) for record in records])
    assert best(lambda: Writer().write(articles, tmp_path / "xmi")) < 10 * bare


def test_annotations_that_have_no_labels_are_told_by_their_types() -> None:
    data = (
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
        'xmlns:custom="http:///webanno/custom.ecore" xmi:version="2.0">'
        '<custom:Place xmi:id="2" sofa="1" begin="0" end="3"/>'
        '<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" sofaString="Ulm slept."/>'
        '<cas:View sofa="1" members="2"/></xmi:XMI>'
    )
    [draft] = Reader().read(source(data))
    assert draft.mentions == ()
    assert draft.notes == (
        "No names were read: no annotation has a label. What there is: “Place” (1).",
    )
