"""The mouse on the review page, and characters that are hard to count."""

import pytest
from playwright.sync_api import Page, Route, expect

from annotations.domain.mentions import Mention
from tests.browser.conftest import Complaints
from tests.browser.desk import Corpus, Desk, Shown, until
from tests.cast import mark

pytestmark = pytest.mark.browser

QUOTED = "“Small Voices” won on Monday, said Ada Berg of ‘Harbour Press’.\n"

#: Words that a program counts wrongly when it counts UTF-16 units, bytes or letters.
HARD = {
    "a family joined by zero-width joiners": "👩‍👩‍👧‍👦",
    "a flag of two regional indicators": "🇪🇺",
    "a letter with a combining mark": "Zoe\u0308",
    "a precomposed letter": "Zoë",
    "a character beyond the basic plane": "𠮷野家",
    "Arabic": "الأسعد",
    "Hebrew with vowel points": "דָּוִד",
    "a word with a soft hyphen": "Pyong\u00adyang",
    "words joined by a no-break space": "New\u00a0Ulm",
}
HARD_TEXT = "".join(f"Ada saw {word} leave 🚢 early.\n\n" for word in HARD.values())


@pytest.fixture
def hard(page: Page, corpus: Corpus) -> Desk:
    """An article of one paragraph for each of the hard words, with a mention beside each."""
    corpus.add(HARD_TEXT, *(mark(HARD_TEXT, "saw", "PERSON", n) for n in range(len(HARD))))
    return Desk(page, corpus).open()


@pytest.fixture
def quoted(page: Page, corpus: Corpus) -> Desk:
    corpus.add(QUOTED, mark(QUOTED, "Monday", "DATE"))
    return Desk(page, corpus).open()


def test_a_click_makes_a_highlight_current_and_its_card_tells_of_it(desk: Desk) -> None:
    desk.mark("Tern Island").click()
    desk.has_current("Tern Island")
    expect(desk.card).to_contain_text("Tern Island")
    expect(desk.card).to_contain_text("LOC suggested, fairly sure (75%)")
    expect(desk.card).to_contain_text("It came with the file")


@pytest.mark.parametrize("place", ["#legend", ".keybar"])
def test_a_click_on_a_label_sets_it(desk: Desk, place: str) -> None:
    desk.mark("Tern Island").click()
    desk.page.locator(place).get_by_role("button", name="GPE").click()
    desk.saved().has_current("Tern Island", "GPE")
    expect(desk.article).to_be_focused()
    assert desk.corpus.stored() == [Shown("Tern Island", "GPE", "changed")]


@pytest.mark.parametrize(
    ("button", "stored"),
    [
        ("Accept", [Shown("Ines Okafor", "PERSON", "accepted")]),
        ("Reject", []),
        ("One word further right", [Shown("Ines Okafor opened", "PERSON", "changed")]),
        ("One word less at the right", [Shown("Ines", "PERSON", "changed")]),
        ("One word further left", [Shown("Mayor Ines Okafor", "PERSON", "changed")]),
        ("One word less at the left", [Shown("Okafor", "PERSON", "changed")]),
    ],
)
def test_the_buttons_of_the_card_decide(desk: Desk, button: str, stored: list[Shown]) -> None:
    desk.mark("Ines Okafor").click()
    expect(desk.card).to_contain_text("Ines Okafor")
    named = desk.card.get_by_role("button", name=button)
    desk.card.get_by_title(button).or_(named).first.click()
    desk.saved()
    assert desk.corpus.stored() == stored


def test_the_card_walks_to_the_next_mention(desk: Desk) -> None:
    desk.card.get_by_role("link", name="Next").click()
    desk.has_current("Ines Okafor")
    desk.card.get_by_role("link", name="Previous").click()
    desk.has_current("Port Alder")


def test_the_card_shows_the_current_mention_however_slow_the_one_before_was(desk: Desk) -> None:
    kept: list[Route] = []

    def hold(route: Route) -> None:
        kept.append(route)

    desk.page.route("**/review/card/**", hold, times=1)
    with desk.page.expect_request("**/review/card/**"):
        desk.press("j")
    desk.press("j")
    # Longer than a walk has to pause before the card is asked for.
    desk.page.wait_for_timeout(400)
    kept[0].continue_()
    shown = desk.current.text_content() or ""
    expect(desk.card.locator(".card-quote")).to_have_text(shown)


def test_a_drag_from_within_a_word_into_another_takes_both_whole(desk: Desk) -> None:
    desk.drag("ritics at Ter")
    assert desk.selected() == "Critics at Tern"


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
def test_a_drag_leaves_out_quotation_marks_and_spaces(quoted: Desk, *, backwards: bool) -> None:
    quoted.drag("“Small Voices” ", backwards=backwards)
    assert quoted.selected() == "Small Voices"
    quoted.press("w").saved().has_current("Small Voices", "WORK_OF_ART")
    quoted.drag(" ‘Harbour Press’", backwards=backwards).press("2").saved()
    assert quoted.corpus.stored() == [
        Shown("Small Voices", "WORK_OF_ART", "added"),
        Shown("Harbour Press", "ORG", "added"),
    ]


def test_selected_words_are_marked_by_a_click_on_a_label(quoted: Desk) -> None:
    quoted.drag("Ada Berg")
    expect(quoted.page.get_by_label("Selected words")).to_contain_text("Ada Berg")
    quoted.page.locator("#legend").get_by_role("button", name="PERSON").click()
    quoted.saved().has_current("Ada Berg", "PERSON")
    assert quoted.corpus.stored() == [Shown("Ada Berg", "PERSON", "added")]


def test_a_selection_let_go_beside_the_text_counts(quoted: Desk) -> None:
    mouse = quoted.page.mouse
    box = quoted.mark("Monday").bounding_box()
    beside = quoted.page.get_by_role("complementary").bounding_box()
    assert box is not None
    assert beside is not None
    mouse.move(box["x"] + 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(beside["x"] + 40, box["y"] + box["height"] / 2, steps=4)
    mouse.up()
    assert quoted.selected().startswith("Monday, said")


def test_a_click_beside_the_mentions_lets_the_selection_go(quoted: Desk) -> None:
    quoted.drag("Ada Berg")
    quoted.article.click(position={"x": 5, "y": 5})
    expect(quoted.page.get_by_label("Selected words")).to_be_hidden()
    quoted.press("2").saved()
    assert quoted.corpus.stored() == [Shown("Monday", "ORG", "changed")]


@pytest.mark.parametrize(
    ("edge", "nth", "share", "words"),
    [
        ("end", 0, 0.25, "Ines"),
        ("start", 0, 0.9, "Okafor"),
        ("start", 1, 0.5, "Mayor Ines Okafor"),
    ],
)
def test_a_handle_draws_an_edge_over_the_words(
    desk: Desk, edge: str, nth: int, share: float, words: str
) -> None:
    desk.mark("Ines Okafor").click()
    handle = desk.page.locator(f'.handle[data-edge="{edge}"]')
    expect(handle).to_be_visible()
    box, goal = handle.bounding_box(), desk.mark("Ines Okafor").bounding_box()
    assert box is not None
    assert goal is not None
    y = box["y"] + box["height"] / 2
    # The second goal lies as far before the mention as one word reaches.
    to_x = goal["x"] + goal["width"] * share if nth == 0 else goal["x"] - 25
    mouse = desk.page.mouse
    mouse.move(box["x"] + box["width"] / 2, y)
    mouse.down()
    mouse.move(to_x, y, steps=5)
    until(lambda: desk.page.evaluate("CSS.highlights.has('selected-tokens')"))
    mouse.up()
    desk.saved().has_current(words)
    assert desk.corpus.stored() == [Shown(words, "PERSON", "changed")]


NESTED = "The University of Ghana Medical Centre opened.\n"
WIDE, NARROW = "University of Ghana Medical Centre", "Ghana"


def desk_of(page: Page, corpus: Corpus, policy: str, *mentions: Mention) -> Desk:
    """The review page of `NESTED` in a corpus in which mentions may overlap."""
    slug = f"{corpus.slug}-{policy}"
    page.goto(f"{corpus.site.address}/corpora/new/")
    page.get_by_label("Name").fill(policy.capitalize())
    page.get_by_label("Address").fill(slug)
    page.get_by_label("Overlapping mentions").select_option(policy)
    page.get_by_role("button", name="Make the corpus").click()
    page.wait_for_url(f"**/{slug}/upload/")
    own = Corpus(corpus.site, slug, corpus.folder)
    own.add(NESTED, *mentions)
    return Desk(page, own).open()


def test_a_second_click_reaches_the_mention_beneath(page: Page, corpus: Corpus) -> None:
    both = mark(NESTED, WIDE, "ORG"), mark(NESTED, NARROW, "GPE")
    desk = desk_of(page, corpus, "any", *both)
    inner = desk.mark(NARROW)
    inner.click()
    desk.has_current(NARROW)
    inner.click()
    expect(desk.current).to_have_text(["University of ", "Ghana", " Medical Centre"])
    desk.press("Enter", "Enter").saved()
    assert desk.corpus.stored() == [
        Shown(WIDE, "ORG", "accepted"),
        Shown(NARROW, "GPE", "accepted"),
    ]


def test_keys_reach_each_of_several_mentions_on_the_same_words(page: Page, corpus: Corpus) -> None:
    names = [(WIDE, "FAC"), (WIDE, "ORG"), (NARROW, "GPE"), ("Ghana Medical Centre", "ORG")]
    desk = desk_of(page, corpus, "any", *(mark(NESTED, words, label) for words, label in names))
    spoken = page.locator("#spoken")
    seen = []
    for n in range(1, len(names) + 1):
        expect(spoken).to_contain_text(f", {n} of {len(names)}")
        label, words, *_ = (spoken.text_content() or "").split(", ")
        seen.append((words, label))
        desk.press("j")
    assert sorted(seen) == sorted(names)
    # Each is decided on its own, and the rest stay.
    desk.has_current_id("4-38-FAC").press("x").saved()
    desk.press("Enter", "Enter", "Enter").saved()
    assert sorted((s.text, s.label) for s in desk.corpus.stored()) == sorted(names[1:])
    assert "".join(page.locator(".block").all_text_contents()) == NESTED.strip()


def test_clicks_reach_each_of_several_mentions_on_the_same_words(
    page: Page, corpus: Corpus
) -> None:
    names = [(WIDE, "FAC"), (WIDE, "ORG"), (NARROW, "GPE")]
    desk = desk_of(page, corpus, "any", *(mark(NESTED, words, label) for words, label in names))
    seen = set()
    for _ in names:
        desk.mark(NARROW).click()
        seen.add(desk.article.get_attribute("data-current"))
    assert len(seen) == len(names)


def test_where_only_nesting_is_allowed_crossing_is_refused_in_words(
    page: Page, corpus: Corpus, complaints: Complaints
) -> None:
    complaints.tolerate("status of 422")
    desk = desk_of(page, corpus, "nested", mark(NESTED, "University of Ghana", "ORG"))
    desk.press("Enter").saved()
    desk.drag("Ghana").press("3").saved()
    desk.drag("Ghana Medical").press("7").saved()
    expect(desk.notices.locator(".notice")).to_be_visible()
    assert desk.corpus.stored() == [
        Shown("University of Ghana", "ORG", "accepted"),
        Shown("Ghana", "GPE", "added"),
    ]
    assert sorted(desk.page.locator("mark").evaluate_all("all => all.map(m => m.textContent)")) == [
        "Ghana",
        "University of ",
    ]


def test_hard_characters_are_marked_with_the_mouse_where_they_stand(hard: Desk) -> None:
    for word in HARD.values():
        hard.drag(word)
        assert hard.selected() == word
        hard.press("2").saved().has_current(word, "ORG")
    assert hard.corpus.stored() == [Shown(word, "ORG", "added") for word in HARD.values()]


def test_hard_characters_are_marked_by_keys_where_they_stand(hard: Desk) -> None:
    for nth, word in enumerate(HARD.values()):
        hard.mark("saw", nth).click()
        for _ in range(len(word)):
            hard.press("Shift+ArrowRight")
            if hard.selected() == word:
                break
        assert hard.selected() == word
        hard.press("2").saved().has_current(word, "ORG")
    assert hard.corpus.stored() == [Shown(word, "ORG", "added") for word in HARD.values()]


def test_edges_move_over_hard_characters(hard: Desk) -> None:
    for _ in HARD:
        hard.mark("saw").click()
        # To “early”, past the word and the ship, and back before the ship.
        for _ in range(20):
            hard.press("]").saved()
            if (hard.current.text_content() or "").endswith("early"):
                break
        hard.press("[", "[").saved()
    assert [shown.text for shown in hard.corpus.stored()] == [
        f"saw {word} leave" for word in HARD.values()
    ]
