"""What each kind of news site looks like when its page is pasted as plain text."""

import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from annotations.domain.zones import Zone, ZonedSpan
from annotations.domain.zoning import find_zones

SAMPLE = Path(__file__).parents[3] / "shared/samples/cnn-2017-07-08-b1-bombers.txt"

#: A paragraph that says nothing special, to stand around what a test is about.
PROSE = (
    "The council voted on Thursday to close the old ferry pier, and the harbour master said the "
    "last boat had left before noon."
)
MORE_PROSE = (
    "Nobody objected. The pier was built in 1911 and had not been repaired since the flood."
)


def zones_of(text: str, *, headline: str = "") -> list[tuple[str, str]]:
    """What a person would see: the zone (with a question mark where unsure) and its text."""
    return [
        (span.zone + ("" if span.certain else "?"), text[span.start : span.end])
        for span in find_zones(text, headline=headline)
    ]


def zone_of(block: str) -> str:
    """The zone of a block in the middle of an article."""
    text = f"{PROSE}\n\n{MORE_PROSE}\n\n{block}\n\n{PROSE}"
    start = text.index(block)
    return next(
        span.zone + ("" if span.certain else "?")
        for span in find_zones(text)
        if span.start == start
    )


def zone_at_top(block: str) -> str:
    """The zone of a block between a headline and the first paragraph."""
    return zones_of(f"Ferry pier closes after a century\n\n{block}\n\n{PROSE}")[1][0]


# --- What holds for every text ---------------------------------------------------------------

#: Lines in which the evidence that the rules look for meets by chance.
shreds = st.sampled_from(
    [
        "",
        "",
        " \xa0",
        "Story highlights",
        "02:21 - Source: Channel Nine",
        "HARBOUR CITY (AP) — The mayor said no.",
        "HARBOUR CITY —",
        "By Jane Roe",
        "- one",
        "1. two",
        "“Never again”",
        "— Jane Roe",
        "Image caption,",
        "Advertisement",
        "A short line",
        "A man walks past a closed shop before the storm.",
        "Jane Roe contributed to this report.",
        PROSE,
        PROSE[:70],
        "\u200f" + "שלום עולם",
        "\ufeff",
        "\u2028",
        "x" * 200,
    ]
)
any_text = st.one_of(
    st.text(),
    st.lists(st.one_of(shreds, st.text(max_size=20)), max_size=25).map("\n".join),
)


def is_blank_outside(text: str, spans: tuple[ZonedSpan, ...]) -> bool:
    edges = [0, *(edge for span in spans for edge in (span.start, span.end)), len(text)]
    return not any(text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True))


@given(any_text)
@example("CNN \xa0—\xa0")
@example("(AP)x")
def test_all_but_white_space_lies_in_exactly_one_zone(text: str) -> None:
    spans = find_zones(text)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    assert is_blank_outside(text, spans)


@given(any_text)
def test_a_zone_never_starts_or_ends_in_white_space(text: str) -> None:
    for span in find_zones(text):
        quote = text[span.start : span.end]
        assert quote
        assert quote == quote.strip()


@given(any_text)
def test_no_zone_holds_a_blank_line(text: str) -> None:
    for span in find_zones(text):
        assert all(line.strip() for line in text[span.start : span.end].split("\n"))


@given(any_text, st.text(max_size=20))
def test_at_most_one_headline_is_found(text: str, headline: str) -> None:
    spans = find_zones(text, headline=headline)
    assert sum(span.zone is Zone.HEADLINE for span in spans) <= 1


@pytest.mark.parametrize("text", ["", "\n", " \xa0\n\t\n"])
def test_a_text_without_words_has_no_zones(text: str) -> None:
    assert find_zones(text) == ()


# --- Whole articles as sites show them -------------------------------------------------------

CABLE_NEWS = """\
ferry pier harbour aerial
Mayor weighs 'hard choices' for the pier
01:47 - Source: Channel Nine

Story highlights

The pier carried its last boat on Thursday

It is the third landing stage that the city's council has given up since April

CNN \xa0—\xa0

The oldest pier of the harbour closed for good, and nobody came to see it.

City engineers from\xa0Easton walked the planks Thursday in response to the mayor’s order.

A City of Easton work boat lies at the North Pier in the harbour before carrying planks ashore.

“The pier is a danger to our guests, neighbours and staff,” Capt. Moira O’Hanlon said.

Repairs not working out

But they don’t appear to have given the council pause, with Thursday’s vote its clearest so far.

pier mayor interview
What the mayor wants next
03:15 - Source: Channel Nine

The mayor called it “a sad and necessary day,” a statement from the council said.

Calling the mayor’s bluff

Robert Hale, a professor of harbours, foresaw it all when he spoke in early June.

Channel Nine’s Erin Poole, Sam Jung and Barbara Stone contributed to this report.
"""


def test_a_cable_news_page_with_players_highlights_and_a_caption() -> None:
    assert [zone for zone, _ in zones_of(CABLE_NEWS)] == [
        "video",
        "highlights",
        "highlights",
        "highlights",
        "dateline",
        "paragraph",
        "paragraph",
        "caption?",
        "paragraph",
        "subheading",
        "paragraph",
        "video",
        "paragraph",
        "subheading",
        "paragraph",
        "credit",
    ]


def test_the_lines_of_a_player_are_one_block() -> None:
    videos = [quote for zone, quote in zones_of(CABLE_NEWS) if zone == "video"]
    assert videos == [
        CABLE_NEWS[: CABLE_NEWS.index("\n\n")],
        "pier mayor interview\nWhat the mayor wants next\n03:15 - Source: Channel Nine",
    ]


def test_a_wire_story() -> None:
    text = (
        "Old pier closes in Easton\n\n"
        "By JANE ROE and JOHN DOE\n\n"
        "EASTON, Pa. (AP) — The last boat left the pier on Thursday.\n\n"
        f"{PROSE}\n\n"
        "Workers take down a sign at the North Pier in Easton on Thursday. (AP Photo/Sam Jung)\n\n"
        f"{MORE_PROSE}\n\n"
        "Associated Press writer Erin Poole in Weston contributed."
    )
    assert zones_of(text) == [
        ("headline?", "Old pier closes in Easton"),
        ("byline", "By JANE ROE and JOHN DOE"),
        ("dateline", "EASTON, Pa. (AP) —"),
        ("paragraph", "The last boat left the pier on Thursday."),
        ("paragraph", PROSE),
        (
            "caption",
            "Workers take down a sign at the North Pier in Easton on Thursday. (AP Photo/Sam Jung)",
        ),
        ("paragraph", MORE_PROSE),
        ("credit", "Associated Press writer Erin Poole in Weston contributed."),
    ]


def test_an_agency_story_with_its_desk_at_the_end() -> None:
    text = (
        "Easton shuts historic ferry pier\n"
        "\n"
        "EASTON, July 4 (Reuters) - The last boat left the pier on Thursday.\n"
        "\n"
        f"{PROSE}\n"
        "\n"
        "A ferry passes the North Pier. REUTERS/Sam Jung/File Photo\n"
        "\n"
        f"{MORE_PROSE}\n"
        "\n"
        "Reporting by Erin Poole in Easton; Additional reporting by Sam Jung; Editing by Jo Hale\n"
        "\n"
        "Our Standards: The Wire Trust Principles."
    )
    assert [zone for zone, _ in zones_of(text)] == [
        "headline?",
        "dateline",
        "paragraph",
        "paragraph",
        "caption",
        "paragraph",
        "credit",
        "credit",
    ]


def test_a_broadcaster_that_reads_its_pictures_to_screen_readers() -> None:
    text = (
        "Ferry pier closes after a century\n\n"
        "Published 4 hours ago\n\n"
        "By Jane Roe\nTransport correspondent, Easton\n\n"
        "Image source, Getty Images\n"
        "Image caption,\n"
        "The pier was built in 1911\n\n"
        f"{PROSE}\n\n"
        "Who pays for it?\n\n"
        f"{MORE_PROSE}"
    )
    assert zones_of(text) == [
        ("headline?", "Ferry pier closes after a century"),
        ("paragraph?", "Published 4 hours ago"),
        ("byline", "By Jane Roe"),
        ("byline", "Transport correspondent, Easton"),
        ("caption", "Image source, Getty Images"),
        ("caption", "Image caption,"),
        ("caption", "The pier was built in 1911"),
        ("paragraph", PROSE),
        ("subheading", "Who pays for it?"),
        ("paragraph", MORE_PROSE),
    ]


def test_a_daily_with_a_standfirst_and_photographs() -> None:
    text = (
        "Last boat leaves pier that Easton forgot\n\n"
        "Council closes a landing stage that three generations have used\n\n"
        "Jane Roe | Reuters\n\n"
        f"{PROSE}\n\n"
        "The North Pier at dusk. Photograph: Sam Jung/The Observer\n\n"
        "Photograph: Jo Hale/EPA\n\n"
        f"{MORE_PROSE}\n\n"
        "This article was amended and first published on 4 July 2017."
    )
    assert [zone for zone, _ in zones_of(text)] == [
        "headline?",
        "subheading?",
        "byline",
        "paragraph",
        "caption",
        "caption",
        "paragraph",
        "credit",
    ]


def test_a_radio_page_with_a_list_and_a_pull_quote() -> None:
    text = (
        f"{PROSE}\n\n"
        "What happens next\n\n"
        "• The planks are sold.\n"
        "• The piles stay in the water.\n\n"
        f"{MORE_PROSE}\n\n"
        "“Nobody will miss it more than the gulls.”\n"
        "— Moira O’Hanlon, harbour master\n\n"
        f"{PROSE}\n\n"
        "Copyright 2017 Easton Public Radio"
    )
    assert zones_of(text)[1:] == [
        ("subheading", "What happens next"),
        ("list", "• The planks are sold."),
        ("list", "• The piles stay in the water."),
        ("paragraph", MORE_PROSE),
        ("quote", "“Nobody will miss it more than the gulls.”"),
        ("quote", "— Moira O’Hanlon, harbour master"),
        ("paragraph", PROSE),
        ("credit", "Copyright 2017 Easton Public Radio"),
    ]


def test_a_page_that_gives_every_paragraph_one_line() -> None:
    text = f"Old pier closes in Easton\n{PROSE}\nRepairs not working out\n{MORE_PROSE}\n{PROSE}"
    assert zones_of(text) == [
        ("headline?", "Old pier closes in Easton"),
        ("paragraph", PROSE),
        ("subheading", "Repairs not working out"),
        ("paragraph", MORE_PROSE),
        ("paragraph", PROSE),
    ]


def test_a_mail_that_is_wrapped_to_a_column() -> None:
    first = (
        "The council of Easton voted on Thursday to close the old ferry pier\n"
        "– the last one in the harbour – and the harbour master said that the\n"
        "last boat had left."
    )
    second = (
        "Nobody objected. The pier was built in 1911 by a company that went\n"
        "bankrupt a year later, and had not been repaired since the flood."
    )
    assert zones_of(f"{first}\n\nWho pays\n\n{second}\n") == [
        ("paragraph", first),
        ("subheading", "Who pays"),
        ("paragraph", second),
    ]


def test_wrapped_paragraphs_without_blank_lines_end_with_their_short_line() -> None:
    first = (
        "The council of Easton voted on Thursday to close the old ferry pier\n"
        "which was the last one in the harbour, and the harbour master said\n"
        "that the last boat had left."
    )
    second = (
        "Nobody objected to it when the mayor asked. The pier was built by a\n"
        "company that went bankrupt a year later and had not been repaired."
    )
    assert zones_of(f"{first}\n{second}") == [("paragraph", first), ("paragraph", second)]


def test_wrapped_list_items_stay_apart() -> None:
    first = "- The planks of the old pier are sold to whoever is willing to come"
    second = "- The piles are left in the water, since the gulls have nested there\nfor years"
    assert zones_of(f"{first}\n{second}") == [("list", first), ("list", second)]


def test_short_paragraphs_that_end_their_sentences_are_no_wrapped_lines() -> None:
    lines = [
        "The last boat left the pier of Easton on Thursday at noon.",
        "The harbour master watched it go from the window of her office.",
        "The council had voted to close the landing stage in April.",
    ]
    assert zones_of("\n".join(lines)) == [("paragraph", line) for line in lines]


# --- Other languages and scripts -------------------------------------------------------------


@pytest.mark.parametrize(
    ("paragraph", "heading"),
    [
        ("Der Rat hat am Donnerstag beschlossen, den alten Anleger zu schließen.", "Wer zahlt?"),
        ("Le conseil a voté jeudi la fermeture du vieil embarcadère du port.", "Qui va payer ?"),
        ("Совет в четверг проголосовал за закрытие старого причала.", "Кто заплатит"),
        ("市议会星期四投票决定关闭旧渡轮码头。", "谁来付钱"),
        ("परिषद ने गुरुवार को पुराना घाट बंद करने का फैसला किया।", "भुगतान कौन करेगा"),
        ("صوت المجلس يوم الخميس على إغلاق الرصيف القديم في الميناء.", "من يدفع الثمن؟"),
        ("המועצה הצביעה ביום חמישי על סגירת המזח הישן בנמל.", "מי ישלם"),
    ],
)
def test_paragraphs_and_subheadings_are_told_apart_in_other_languages(
    paragraph: str, heading: str
) -> None:
    text = f"{paragraph}\n\n{heading}\n\n{paragraph}"
    assert zones_of(text) == [
        ("paragraph", paragraph),
        ("subheading", heading),
        ("paragraph", paragraph),
    ]


@pytest.mark.parametrize(
    ("paragraph", "dateline"),
    [
        ("Berlin (dpa) - Der Rat hat beschlossen, den Anleger zu schließen.", "Berlin (dpa) -"),
        ("Madrid, 4 jul (EFE).- El consejo votó el cierre del muelle.", "Madrid, 4 jul (EFE).-"),
        ("PARIS (AFP) – Le conseil a voté la fermeture du quai.", "PARIS (AFP) –"),
    ],
)
def test_datelines_of_agencies_in_other_languages(paragraph: str, dateline: str) -> None:
    assert zones_of(paragraph)[0] == ("dateline", dateline)


def test_speech_that_opens_with_a_dash_is_a_paragraph() -> None:
    assert zone_of("– Vi har ikke råd til å reparere den, sier ordføreren.") == "paragraph"


def test_speech_in_turns_is_no_sure_list() -> None:
    text = f"{PROSE}\n\n– Vi har ikke råd.\n\n– Hvor mye koster det?\n\n{PROSE}"
    assert zones_of(text)[1] == ("list?", "– Vi har ikke råd.")


def test_a_sentence_that_opens_with_a_date_is_no_sure_list() -> None:
    assert zone_of("4. Juli war der letzte Tag der Fähre, sagte die Kapitänin.") == "list?"


# --- Videos ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "02:21 - Source: Channel Nine",
        "1:02:21 – Source: Channel Nine",
        "Duration 2:21",
        "Video source, Channel Nine",
        "WATCH: The last boat leaves",
        "Watch | The last boat leaves",
        "Play video",
        "This video can not be played",
    ],
)
def test_a_line_of_a_player_is_a_video(line: str) -> None:
    assert zone_of(line) == "video"


@pytest.mark.parametrize("line", ["Watching the pier go", "Source: Channel Nine", "At 02:21"])
def test_a_line_that_resembles_a_player_is_no_video(line: str) -> None:
    assert zone_of(line) != "video"


def test_a_player_takes_two_lines_above_it_at_most() -> None:
    assert zones_of("one\ntwo\nthree\n02:21 - Source: Nine")[1] == (
        "video",
        "two\nthree\n02:21 - Source: Nine",
    )


def test_a_player_takes_no_paragraph_and_nothing_across_a_blank_line() -> None:
    assert zones_of(f"{PROSE}\nTitle\n02:21 - Source: Nine\n\nslug\n\n00:10 - Source: Nine") == [
        ("paragraph", PROSE),
        ("video", "Title\n02:21 - Source: Nine"),
        ("paragraph", "slug"),
        ("video", "00:10 - Source: Nine"),
    ]


def test_two_players_in_a_row_share_no_line() -> None:
    assert zones_of("one\n00:01 - Source: Nine\ntwo\n00:02 - Source: Nine") == [
        ("video", "one\n00:01 - Source: Nine"),
        ("video", "two\n00:02 - Source: Nine"),
    ]


# --- Highlights ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading", ["Story highlights", "KEY POINTS", "Highlights:", "In brief", "What we know so far"]
)
def test_highlights_reach_to_the_first_sentence(heading: str) -> None:
    text = f"{heading}\n\nThe pier is closed\n\nNobody objected\n\nThe mayor said so.\n\n{PROSE}"
    assert zones_of(text) == [
        ("highlights", heading),
        ("highlights", "The pier is closed"),
        ("highlights", "Nobody objected"),
        ("paragraph", "The mayor said so."),
        ("paragraph", PROSE),
    ]


@pytest.mark.parametrize(
    "line", ["CNN —", "By Jane Roe", "EASTON, Pa. (AP) — The pier is closed now", "x" * 200]
)
def test_highlights_end_where_the_article_starts(line: str) -> None:
    zones = zones_of(f"Key points\n\nThe pier is closed\n\n{line}\n\n{PROSE}")
    assert [zone for zone, _ in zones].count("highlights") == 2


def test_bullets_decide_where_highlights_end() -> None:
    text = f"Key points\n• The pier is closed.\n• Nobody objected.\nWho pays\n{PROSE}"
    assert [zone for zone, _ in zones_of(text)][:4] == [
        "highlights",
        "highlights",
        "highlights",
        "subheading?",
    ]


def test_highlights_without_items_are_a_subheading() -> None:
    assert zone_of("What we know") == "subheading"


# --- Datelines -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dateline", "gap"),
    [
        ("WASHINGTON (AP) —", " "),
        ("KYIV, Ukraine (AP) —", " "),
        ("PARIS, July 4 (Reuters) -", " "),
        ("BEIRUT/THE HAGUE, March 7 (Reuters) -", " "),
        ("New York (CNN Business) —", " "),
        ("BEIJING, July 4 (Xinhua) --", " "),
        ("(CNN) —", " "),
        ("(CNN)", ""),
        ("CNN \xa0—", "\xa0"),
        ("BERLIN —", " "),
        ("MEXICO CITY —", " "),
        ("WINSTON-SALEM, N.C. —", " "),
        ("PUTRAJAYA, Nov 22 —", " "),
        ("WASHINGTON—", ""),
        ("EASTON (The Daily Pier) —", " "),
    ],
)
def test_a_dateline_that_opens_a_paragraph_is_its_own_zone(dateline: str, gap: str) -> None:
    text = f"{dateline}{gap}{PROSE}"
    assert zones_of(text) == [("dateline", dateline), ("paragraph", PROSE)]


@pytest.mark.parametrize("line", ["CNN  —", "LONDON (Reuters) -", "EASTON —"])
def test_a_dateline_may_have_a_line_of_its_own(line: str) -> None:
    assert zones_of(f"{line}\n\n{PROSE}") == [("dateline", line), ("paragraph", PROSE)]


def test_an_agency_makes_a_dateline_anywhere() -> None:
    assert zone_of("EASTON (AP) — The pier was closed on Thursday.") == "dateline"


@pytest.mark.parametrize(
    "sentence",
    [
        "NATO — an alliance of many members — met on Thursday in the old harbour.",
        "The mayor — who had not slept — said the pier would never open again.",
        "EXCLUSIVE — The mayor had known for weeks that the pier would close.",
        "The pier (built in 1911) - the last of its kind - was closed on Thursday.",
        "Jane Roe (Reuters) saw the last boat leave the pier on Thursday.",
        "THE VIEW FROM THE PIER - Nobody saw the last boat leave on Thursday.",
        "US-China trade talks — Which had stalled — went on in the harbour.",
    ],
)
def test_a_sentence_with_a_dash_has_no_dateline(sentence: str) -> None:
    assert zones_of(sentence) == [("paragraph", sentence)]


def test_a_place_in_capitals_is_no_dateline_within_the_body() -> None:
    assert zone_of("BERLIN — Another city with a pier — closed its own in April.") == "paragraph"


# --- Headlines and subheadings ---------------------------------------------------------------


def test_the_known_headline_is_found_whatever_its_case_and_spaces() -> None:
    text = f"Harbour\n\nOLD PIER\xa0 closes\n\n{PROSE}"
    assert zones_of(text, headline="Old pier closes")[1] == ("headline", "OLD PIER\xa0 closes")


def test_no_headline_is_guessed_where_the_known_one_is_found() -> None:
    zones = zones_of(
        f"A quiet day in the harbour\n\nOld pier closes\n\n{PROSE}", headline="Old pier closes"
    )
    assert [zone for zone, _ in zones] == ["subheading?", "headline", "paragraph"]


def test_a_known_headline_that_the_text_lacks_is_not_invented() -> None:
    assert zones_of(PROSE, headline="Old pier closes") == [("paragraph", PROSE)]


def test_the_known_headline_is_looked_for_near_the_top_only() -> None:
    text = f"{PROSE}\n\n" * 12 + f"Old pier closes\n\n{PROSE}"
    assert "headline" not in dict(zones_of(text, headline="Old pier closes"))


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(PROSE, id="a paragraph"),
        pytest.param("Is this the end of it.", id="a sentence"),
        pytest.param("A harbour is a place\nwhere boats meet", id="two lines"),
        pytest.param("By Jane Roe", id="a byline"),
        pytest.param("Key points\n\nThe pier is closed", id="highlights"),
        pytest.param("Title\n02:21 - Source: Nine", id="a player"),
        pytest.param("Harbour\n\nFerries", id="names of sections"),
    ],
)
def test_no_headline_is_invented(start: str) -> None:
    assert not [zone for zone, _ in zones_of(f"{start}\n\n{PROSE}") if "headline" in zone]


@pytest.mark.parametrize(
    "line",
    [
        "Repairs not working out",
        "Calling the mayor’s ‘bluff’",
        "Who pays for it?",
        "‘We are not afraid’",
    ],
)
def test_a_short_line_between_paragraphs_is_a_subheading(line: str) -> None:
    assert zone_of(line) == "subheading"


@pytest.mark.parametrize(
    "line",
    [
        "Nobody objected.",
        "“Nobody objected.”",
        "The mayor said:",
        "the end of the pier, and",
        "* * *",
        "A line too long for a heading" + " and longer" * 6,
    ],
)
def test_other_short_lines_are_no_subheadings(line: str) -> None:
    assert "subheading" not in zone_of(line)


def test_a_short_line_with_nothing_below_is_no_subheading() -> None:
    assert zones_of(f"{PROSE}\n\nThe end")[1] == ("paragraph", "The end")
    credit = "Erin Poole contributed to this report."
    assert zones_of(f"{PROSE}\n\nThe end\n\n{credit}")[1] == ("paragraph", "The end")


def test_short_lines_in_a_row_are_unsure_subheadings() -> None:
    zones = zones_of(f"{PROSE}\n\nEaston 3 Weston 1\n\nNorton 0 Sutton 0\n\n{PROSE}")
    assert [zone for zone, _ in zones[1:3]] == ["subheading?", "subheading"]


@pytest.mark.parametrize("line", ["Advertisement", "Read more: the pier", "Share this article"])
def test_what_the_page_says_to_its_visitors_is_no_subheading(line: str) -> None:
    assert zone_of(line) == "paragraph?"


# --- Captions --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "caption",
    [
        "Image source, Getty Images",
        "Image caption, The pier at dusk",
        "Photograph: Jane Roe/AFP",
        "File photo: the pier in 1911",
        "PHOTO: The mayor at the pier on Thursday.",
        "FILE - The pier is seen in 1911.",
        "The pier at dusk. (AP Photo/Jane Roe)",
        "The pier at dusk (Picture: PA)",
        "The pier at dusk. (Jane Roe/Daily Pier)",
        "The pier at dusk. Jane Roe/AFP via Getty Images",
        "The pier at dusk. REUTERS/Jane Roe",
        "The pier at dusk. Photo by Jane Roe",
        "The pier at dusk.Credit...Jane Roe for The Daily Pier",
    ],
)
def test_a_photo_credit_makes_a_caption(caption: str) -> None:
    assert zone_of(caption) == "caption"


@pytest.mark.parametrize(
    "scene",
    [
        "A City of Easton B-2 work boat sits at the North Pier before carrying planks ashore.",
        "People walk past a closed ticket office at the North Pier in Easton.",
        "Mayor Moira O’Hanlon speaks during a meeting of the council in Easton.",
        "Masked workers carry planks along the quay in Easton, July 4, 2017.",
        "Protesters hold signs outside the town hall of Easton.",
        "President Hale and Mayor O’Hanlon shake hands ahead of the vote on Thursday.",
        "The North Pier is seen after the storm of Thursday night in Easton.",
    ],
)
def test_a_sentence_that_describes_a_scene_may_be_a_caption(scene: str) -> None:
    assert zone_of(scene) == "caption?"


@pytest.mark.parametrize(
    "sentence",
    [
        "The mayor walked past the closed ticket office before the vote on Thursday.",
        "Easton sits on the front line of the quarrel over ferries.",
        "The council’s engineers said the planks rest on piles that date from before 1911.",
        "Hundreds of people watched workers carry planks past the office on Thursday.",
        "The tower, which stands beside the pier, was closed during the flood.",
        "The mayor will speak during the meeting of the council on Thursday.",
        "He sits on the board of the ferry company and attends its meetings on Fridays.",
        "“A man walks past the pier before dawn,” the captain wrote.",
        "After a walk during the storm, the mayor decided to close the pier.",
        "A man walks past the closed pier. Nobody had told him about the vote.",
        "The council does not stand behind the mayor after the vote of Thursday.",
        "But council actions in the harbour are annoying the ferry company.",
    ],
)
def test_a_sentence_that_reports_is_no_caption(sentence: str) -> None:
    assert zone_of(sentence) == "paragraph"


def test_the_first_paragraph_is_no_caption_however_scenic() -> None:
    scene = "A man walks past a closed ticket office before the storm reaches the pier."
    assert zones_of(f"{scene}\n\n{PROSE}")[0] == ("paragraph", scene)


def test_a_scene_right_above_the_dateline_may_be_a_caption() -> None:
    scene = "A man walks past a closed ticket office before the storm reaches the pier."
    assert zones_of(f"{scene}\n\nEASTON (AP) — {PROSE}")[0] == ("caption?", scene)


# --- Bylines, credits, lists, quotes ---------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "By Jane Roe",
        "By Jane Roe and John Doe, Staff Writer",
        "By Jane Roe, staff writer",
        "By JANE ROE, JOHN DOE and ERIN POOLE",
        "by Ursula van der Berg",
        "Analysis by Jane Roe, Channel Nine",
        "Von Erika Muster",
        "Jane Roe | Reuters",
    ],
)
def test_a_name_after_by_near_the_top_is_a_byline(line: str) -> None:
    assert zone_at_top(line) == "byline"


@pytest.mark.parametrize(
    "line",
    [
        "By Friday",
        "By the numbers",
        "By land and by sea",
        "By Thursday the pier had closed.",
        "World | Asia",
    ],
)
def test_not_all_that_starts_with_by_is_a_byline(line: str) -> None:
    assert zone_at_top(line) != "byline"


def test_a_byline_far_down_is_none() -> None:
    text = f"{PROSE}\n\n" * 12 + f"By Jane Roe\n\n{PROSE}"
    assert "byline" not in dict(zones_of(text))


@pytest.mark.parametrize(
    "line",
    [
        "Channel Nine’s Erin Poole and Sam Jung contributed to this report.",
        "Erin Poole contributed reporting from Weston.",
        "Reporting by Erin Poole; Editing by Sam Jung",
        "(Additional reporting by Erin Poole)",
        "Writing and reporting by Erin Poole",
        "© 2017 The Daily Pier",
        "All rights reserved.",
        "This article was originally published by The Daily Pier.",
        "This story has been updated.",
        "Follow Jane Roe on Twitter",
        "Source: Easton Harbour Board",
    ],
)
def test_who_else_worked_on_it_is_a_credit(line: str) -> None:
    assert zone_of(line) == "credit"


@pytest.mark.parametrize(
    "sentence",
    [
        "The flood contributed to the decision of the council.",
        "Reporting what had happened took the captain all night.",
        "This story is not over, and was never a happy one.",
    ],
)
def test_a_sentence_that_resembles_a_credit_is_a_paragraph(sentence: str) -> None:
    assert zone_of(sentence) == "paragraph"


@pytest.mark.parametrize("mark", ["-", "*", "•", "‣", "–"])
def test_lines_with_bullets_are_a_list(mark: str) -> None:
    text = f"{PROSE}\n\n{mark} planks\n{mark} piles\n\n{PROSE}"
    assert zones_of(text)[1:3] == [("list", f"{mark} planks"), ("list", f"{mark} piles")]


@pytest.mark.parametrize("mark", [".", ")"])
def test_numbered_lines_are_a_list(mark: str) -> None:
    text = f"{PROSE}\n\n1{mark} Planks go.\n2{mark} Piles stay.\n\n{PROSE}"
    assert [zone for zone, _ in zones_of(text)[1:3]] == ["list", "list"]


def test_a_quotation_without_attribution_below_is_a_paragraph() -> None:
    assert zone_of("“Nobody will miss it more than the gulls.”") == "paragraph"


def test_a_quotation_within_a_sentence_is_no_pull_quote() -> None:
    zones = zones_of(f"“It is over,” said the mayor.\n— Moira O’Hanlon\n\n{PROSE}")
    assert "quote" not in dict(zones)


# --- Size ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 200_000, id="one line of a megabyte"),
        pytest.param("x" * 1_000_000, id="one word of a megabyte"),
        pytest.param("A" + " " * 1_000_000 + "— b", id="a megabyte of spaces"),
        pytest.param("(" * 1_000_000, id="a megabyte of brackets"),
        pytest.param("A short line\n" * 100_000, id="100,000 short lines"),
        pytest.param(f"{MORE_PROSE}\n\n" * 100_000, id="100,000 paragraphs"),
        pytest.param("Highlights\n" * 100_000, id="100,000 highlights"),
        pytest.param("02:21 - Source: Nine\n" * 100_000, id="100,000 players"),
        pytest.param(f"{PROSE[:70]}\n" * 100_000, id="100,000 wrapped lines"),
    ],
)
def test_time_grows_with_the_length_only(text: str) -> None:
    # Some 2 s at worst; anything that is not linear takes minutes.
    start = time.process_time()
    find_zones(text)
    assert time.process_time() - start < 20


# --- The real thing --------------------------------------------------------------------------


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample article is not at hand")
def test_the_sample_article_is_zoned_as_a_person_would() -> None:
    text = SAMPLE.read_text(encoding="utf-8")
    spans = find_zones(text)
    assert Counter(span.zone for span in spans) == {
        Zone.VIDEO: 2,
        Zone.HIGHLIGHTS: 3,
        Zone.DATELINE: 1,
        Zone.SUBHEADING: 2,
        Zone.CAPTION: 1,
        Zone.CREDIT: 1,
        Zone.PARAGRAPH: 23,
    }
    of = {zone: [text[s.start : s.end] for s in spans if s.zone is zone] for zone in Zone}
    assert [video.count("\n") for video in of[Zone.VIDEO]] == [2, 2]
    assert of[Zone.DATELINE] == ["CNN \xa0—"]
    assert of[Zone.SUBHEADING] == [
        "Pressure not working on North Korea",
        "Calling Washington’s bluff",
    ]
    assert of[Zone.CAPTION][0].startswith("A US Air Force B-1B Lancer bombers sits at Andersen")
    assert [span.zone for span in spans if not span.certain] == [Zone.CAPTION]


def test_a_headline_right_above_its_byline_is_a_block_of_its_own() -> None:
    text = "Ferry service to resume in May\nBy Ana Ruiz\nThe ferry will sail again. It said so.\n"
    zones = [zone.zone for zone in find_zones(text)]
    assert zones == [Zone.HEADLINE, Zone.BYLINE, Zone.PARAGRAPH]


def test_a_known_headline_right_above_the_first_paragraph_is_set_apart() -> None:
    text = "Rain\nLIVE\n\nIt rained for three days. The river rose.\n"
    zones = find_zones(text, headline="Rain")
    assert (zones[0].zone, text[zones[0].start : zones[0].end]) == (Zone.HEADLINE, "Rain")
