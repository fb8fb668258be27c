"""Every key of the review page: what becomes current, and what is stored."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Complaints, OpenPage, sign_in
from tests.browser.desk import Corpus, Desk, Shown
from tests.cast import NEWS, mark

pytestmark = pytest.mark.browser

#: What the cast's machine suggests in the cast's article, in reading order.
SUGGESTED = [
    "Port Alder",
    "Ines Okafor",
    "Monday",
    "Okafor",
    "Alder Marine",
    "Tern Island",
    "Okafor",
    "Alder Marine",
]


def at_ines_okafor(desk: Desk) -> Desk:
    return desk.press("j").has_current("Ines Okafor")


def test_the_page_opens_at_the_first_mention_that_needs_eyes(desk: Desk) -> None:
    assert [shown.text for shown in desk.shown()] == SUGGESTED
    desk.has_current("Port Alder").press("Enter").saved()
    desk.open().has_current("Ines Okafor")


def test_tab_walks_what_needs_eyes_and_shift_tab_walks_back(desk: Desk) -> None:
    desk.press("Enter", "Enter").saved().has_current("Monday")
    desk.press("Shift+Tab").has_current("Alder Marine")
    assert desk.current.evaluate("m => m === [...document.querySelectorAll('mark')].at(-1)")
    desk.press("Tab").has_current("Monday")


def test_tab_leaves_the_text_once_nothing_needs_eyes(desk: Desk) -> None:
    desk.press(*["Enter"] * len(SUGGESTED)).saved()
    desk.press("Tab")
    expect(desk.article).not_to_be_focused()


@pytest.mark.parametrize(
    ("onward", "back"), [("j", "k"), ("ArrowRight", "ArrowLeft")], ids=["letters", "arrows"]
)
def test_two_keys_walk_all_mentions_decided_or_not(desk: Desk, onward: str, back: str) -> None:
    desk.press("Enter").saved().has_current("Ines Okafor")
    desk.press(back).has_current("Port Alder")
    desk.press(back).has_current("Alder Marine")
    desk.press(onward, onward, onward).has_current("Monday")
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_enter_accepts_and_goes_on(desk: Desk) -> None:
    desk.press("Enter").has_current("Ines Okafor").saved()
    expect(desk.mark("Port Alder")).to_have_attribute("data-state", "accepted")
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


@pytest.mark.parametrize("key", ["x", "Delete"])
def test_a_suggestion_is_rejected_and_an_annotation_removed(desk: Desk, key: str) -> None:
    desk.press("Enter").saved()
    desk.press(key).saved().has_current("Monday")
    expect(desk.mark("Ines Okafor")).to_have_count(0)
    desk.press("k").has_current("Port Alder")
    desk.press(key).saved()
    expect(desk.mark("Port Alder")).to_have_count(0)
    assert desk.corpus.stored() == []


def test_holding_the_reject_key_down_rejects_each_once_and_stops(desk: Desk) -> None:
    desk.press(*["x"] * (len(SUGGESTED) + 4)).saved()
    assert desk.shown() == desk.corpus.stored() == []


@pytest.mark.parametrize(
    ("key", "label"),
    [("1", "PERSON"), ("2", "ORG"), ("0", "TIME"), ("m", "MONEY"), ("c", "CARDINAL")],
)
def test_a_digit_or_letter_sets_the_label(desk: Desk, key: str, label: str) -> None:
    desk.press(key).has_current("Port Alder", label).saved()
    assert desk.corpus.stored() == [Shown("Port Alder", label, "changed")]


def test_setting_the_label_that_was_suggested_accepts_it(desk: Desk) -> None:
    desk.press("3").saved().has_current("Port Alder", "GPE")
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_the_last_of_several_labels_in_a_hurry_stands(desk: Desk) -> None:
    desk.press("1", "2", "4", "m").saved().has_current("Port Alder", "MONEY")
    assert desk.corpus.stored() == [Shown("Port Alder", "MONEY", "changed")]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("]", "Ines Okafor opened"),
        ("[", "Ines"),
        ("Shift+]", "Mayor Ines Okafor"),
        ("Shift+[", "Okafor"),
    ],
)
def test_a_bracket_moves_one_edge_by_one_word(desk: Desk, key: str, words: str) -> None:
    at_ines_okafor(desk).press(key).saved().has_current(words)
    assert desk.corpus.stored() == [Shown(words, "PERSON", "changed")]


@pytest.mark.parametrize(
    ("key", "words"), [("]", "Ines Okafor opened"), ("{", "Okafor")], ids=["out", "left in"]
)
def test_brackets_behind_altgr_move_edges_too(desk: Desk, key: str, words: str) -> None:
    at_ines_okafor(desk)
    desk.article.dispatch_event(
        "keydown", {"key": key, "code": "Digit9", "ctrlKey": True, "altKey": True}
    )
    desk.saved().has_current(words)


def test_edges_moved_in_a_hurry_all_move(desk: Desk) -> None:
    at_ines_okafor(desk).press("]", "]", "]", "[", "Shift+]").saved()
    desk.has_current("Mayor Ines Okafor opened the")
    assert desk.corpus.stored() == [Shown("Mayor Ines Okafor opened the", "PERSON", "changed")]


def test_an_edge_stops_where_the_block_ends(desk: Desk) -> None:
    desk.has_current("Port Alder").press("]", "]").saved().has_current("Port Alder")
    desk.press("Shift+[", "Shift+[", "Shift+[").saved().has_current("Alder")


def test_words_are_selected_and_marked_without_a_mouse(desk: Desk) -> None:
    at_ines_okafor(desk).press("Shift+ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight")
    assert desk.selected() == "opened the line"
    desk.press("Shift+ArrowLeft")
    assert desk.selected() == "opened the"
    desk.press("8").saved().has_current("opened the", "EVENT")
    assert desk.corpus.stored() == [Shown("opened the", "EVENT", "added")]
    assert desk.selected() == ""


def test_words_are_selected_to_the_left(desk: Desk) -> None:
    at_ines_okafor(desk).press("Shift+ArrowLeft")
    assert desk.selected() == "Mayor"
    desk.press("5").saved().has_current("Mayor", "NORP")


def test_the_word_cursor_moves_before_it_selects(desk: Desk) -> None:
    at_ines_okafor(desk).press("Control+ArrowRight", "Control+ArrowRight", "Shift+ArrowRight")
    assert desk.selected() == "the line"


def test_a_selection_outlives_the_answer_to_the_decision_before_it(desk: Desk) -> None:
    at_ines_okafor(desk).press("2", "Shift+ArrowRight").saved()
    expect(desk.mark("Ines Okafor")).to_have_attribute("data-label", "ORG")
    assert desk.selected() == "opened"
    desk.press("8").saved()
    assert [shown.text for shown in desk.corpus.stored()] == ["Ines Okafor", "opened"]


def test_a_mark_that_would_overlap_another_is_refused_in_words(
    desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("status of 422")
    at_ines_okafor(desk).press("Enter", "k").saved().has_current("Ines Okafor")
    desk.press("Shift+ArrowLeft", "Shift+ArrowRight", "Shift+ArrowRight", "2").saved()
    expect(desk.notices).to_contain_text("Ines Okafor")
    desk.has_current("Ines Okafor", "PERSON")
    assert desk.corpus.stored() == [Shown("Ines Okafor", "PERSON", "accepted")]
    desk.press("Escape")
    expect(desk.notices).to_be_empty()


@pytest.mark.parametrize(
    ("keys", "undo", "redo"),
    [
        pytest.param(["Enter"], "u", "Shift+U", id="accept"),
        pytest.param(["x"], "Control+z", "Control+Shift+Z", id="reject"),
        pytest.param(["2"], "u", "Shift+U", id="relabel"),
        pytest.param(["]"], "Control+z", "Control+Shift+Z", id="edge"),
        pytest.param(["Shift+ArrowRight", "8"], "u", "Shift+U", id="add"),
    ],
)
def test_every_decision_is_undone_and_done_again(
    desk: Desk, keys: list[str], undo: str, redo: str
) -> None:
    before = desk.shown()
    at_ines_okafor(desk).press(*keys).saved()
    decided, stored = desk.shown(), desk.corpus.stored()
    assert decided != before
    desk.press(undo).saved()
    assert desk.shown() == before
    assert desk.corpus.stored() == []
    desk.press(redo).saved()
    assert desk.shown() == decided
    assert desk.corpus.stored() == stored


@pytest.mark.parametrize("key", ["Enter", "x"])
def test_undo_goes_back_to_what_it_gives_back(desk: Desk, key: str) -> None:
    at_ines_okafor(desk).press(key).saved().has_current("Monday")
    desk.press("u").saved().has_current("Ines Okafor")


def test_undo_takes_back_many_decisions_one_by_one(desk: Desk) -> None:
    desk.press("Enter", "x", "2", "Tab", "Enter", "u", "u", "u").saved()
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_finishing_accepts_what_is_left_says_so_and_opens_the_next(desk: Desk) -> None:
    desk.corpus.add("Tern Island slept.", mark("Tern Island slept.", "Tern Island", "LOC"))
    desk.press("Enter", "x", "Control+Enter")
    desk.page.wait_for_url("**/articles/2/review/")
    expect(desk.page.get_by_role("status").filter(has_text="Finished")).to_contain_text(
        "6 suggestions were accepted, 5 of them never visited."
    )
    first, second = desk.corpus.exported("gold")
    assert (first["status"], second["status"]) == ("finished", "unreviewed")
    assert [span["text"] for span in first["spans"]] == [SUGGESTED[0], *SUGGESTED[2:]]


def test_after_the_last_article_finishing_opens_the_list(desk: Desk) -> None:
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/articles/")


def test_holding_the_finish_key_down_finishes_one_article(desk: Desk) -> None:
    for name in ("Ada", "Bela"):
        desk.corpus.add(f"{name} slept.", mark(f"{name} slept.", name, "PERSON"))
    keyboard = desk.page.keyboard
    keyboard.down("Control")
    keyboard.down("Enter")
    desk.page.wait_for_url("**/articles/2/review/")
    expect(desk.article).to_be_focused()
    keyboard.down("Enter")
    keyboard.up("Enter")
    keyboard.up("Control")
    desk.saved().press("j").has_current("Ada")
    statuses = [record["status"] for record in desk.corpus.exported("gold")]
    assert statuses == ["finished", "unreviewed", "unreviewed"]


def test_the_question_mark_shows_every_key(desk: Desk) -> None:
    desk.press("?")
    sheet = desk.page.get_by_role("dialog", name="Keys")
    for words in ("accept and go on", "undo", "right edge out", "PERSON", "CARDINAL"):
        expect(sheet).to_contain_text(words)
    desk.press("x", "2")
    desk.press("Escape")
    expect(sheet).to_be_hidden()
    assert desk.corpus.stored() == []


def test_v_shows_the_labels_above_the_words(desk: Desk) -> None:
    above = "getComputedStyle(document.querySelector('mark'), '::before').content"
    assert desk.page.evaluate(above) == "none"
    desk.press("v")
    assert '"GPE"' in desk.page.evaluate(above)
    desk.press("v")
    assert desk.page.evaluate(above) == "none"


def test_d_walks_the_least_certain_first_and_the_choice_stays(page: Page, corpus: Corpus) -> None:
    sure = {"Port Alder": 0.9, "Ines Okafor": 0.3, "Monday": 0.6}
    corpus.add(NEWS, *(mark(NEWS, words, "ORG", score=s) for words, s in sure.items()))
    desk = Desk(page, corpus).open().ordered_by("reading").open().has_current("Port Alder")
    expect(page.locator("#spoken")).to_contain_text("1 of 3")
    with page.expect_response("**/review-order/"):
        desk.press("d")
    expect(page.locator("#spoken")).to_contain_text("Least certain first")
    desk.press("Tab").has_current("Ines Okafor").press("Tab").has_current("Monday")
    desk.press("Tab").has_current("Port Alder")
    desk.open().has_current("Ines Okafor")
    with page.expect_response("**/review-order/"):
        desk.press("d")
    desk.press("Tab").has_current("Monday").press("Tab").has_current("Port Alder")
    desk.open().has_current("Port Alder")


def test_n_finds_names_that_may_have_been_missed(page: Page, corpus: Corpus) -> None:
    corpus.add(NEWS, mark(NEWS, "Port Alder", "GPE"))
    desk = Desk(page, corpus).open()
    desk.press("n")
    assert desk.selected() == "PORT ALDER"
    desk.press("n")
    assert desk.selected() == "Mayor Ines Okafor"
    desk.press("n", "n", "Shift+n")
    assert desk.selected() == "Monday"
    desk.press("1").saved()
    desk.press("n")
    assert desk.selected() == "Okafor"
    assert corpus.stored() == [Shown("Monday", "PERSON", "added")]


def test_b_moves_edges_and_selections_by_letters_and_back_by_words(desk: Desk) -> None:
    at_ines_okafor(desk).press("Enter", "k", "b", "]", "]", "[", "[", "[").saved()
    desk.has_current("Ines Okafo").press("Shift+]").has_current("r Ines Okafo")
    desk.press("b", "]").saved().has_current("r Ines Okafor")
    assert desk.corpus.stored() == [Shown("r Ines Okafor", "PERSON", "changed")]
    desk.press("Shift+ArrowRight", "b", "Shift+ArrowRight", "Shift+ArrowRight")
    assert desk.selected() == "opened th", "a space is nothing to stop at"
    desk.press("8").saved().has_current("opened th", "EVENT")


def test_a_selection_to_the_left_keeps_its_direction_by_letters(desk: Desk) -> None:
    at_ines_okafor(desk).press("j", "Shift+ArrowLeft", "Shift+ArrowLeft")
    assert desk.selected() == "line on"
    desk.press("b", "Shift+ArrowRight", "Shift+ArrowRight")
    assert desk.selected() == "ne on"
    desk.press("Shift+ArrowLeft")
    assert desk.selected() == "ine on"


def test_f_flags_a_mention_for_a_second_look_and_takes_the_flag_away(desk: Desk) -> None:
    at_ines_okafor(desk).press("f")
    flag = desk.page.locator('#comments [data-kind="flag"][data-state="open"]')
    expect(flag).to_contain_text("Ines Okafor")
    expect(desk.article).to_be_focused()
    assert noted(desk) == ["Ines Okafor"]
    desk.press("f")
    expect(flag).to_have_count(0)
    assert noted(desk) == []


def test_what_open_comments_are_about_is_marked_in_the_text(desk: Desk) -> None:
    at_ines_okafor(desk).press("Shift+ArrowRight", "Shift+ArrowRight", "e")
    desk.page.keyboard.type("Is this an event?")
    desk.page.locator("#comment-send").click()
    expect(desk.page.locator("#comments .thread")).to_have_count(1)
    assert noted(desk) == ["opened the"]
    desk.article.focus()
    desk.press("2", "]").saved()
    assert noted(desk) == ["opened the"], "its block was drawn again"
    desk.open()
    assert noted(desk) == ["opened the"]
    desk.page.get_by_role("button", name="Settle").click()
    expect(desk.page.locator("#settled-comments")).to_be_visible()
    assert noted(desk) == []


def noted(desk: Desk) -> list[str]:
    """What is marked in the text as commented on."""
    words: list[str] = desk.page.evaluate(
        "[...(CSS.highlights.get('commented') ?? [])].map(String)"
    )
    return words


def test_h_opens_the_history_and_full_stop_puts_the_line_of_keys_away(desk: Desk) -> None:
    keybar = desk.page.locator(".keybar")
    desk.press(".")
    expect(keybar).to_be_hidden()
    desk.press(".")
    expect(keybar).to_be_visible()
    desk.press("2").saved().press("h")
    expect(desk.page.locator("#history")).to_contain_text("Port Alder")


def test_no_key_acts_while_somebody_types(desk: Desk) -> None:
    before = desk.shown()
    desk.page.get_by_text("Mark words without selecting them").click()
    field = desk.page.get_by_label("Words, exactly as in the text")
    field.focus()
    desk.press("x", "2", "u", "j", "m", "?", "]", "[", "{", "Delete", "Shift+ArrowLeft")
    expect(field).to_have_value("x2ujm?][{")
    desk.saved()
    assert desk.shown() == before
    assert desk.corpus.stored() == []


def test_escape_lets_the_selection_go_and_then_leaves_the_text(desk: Desk) -> None:
    desk.press("Shift+ArrowRight", "Escape")
    assert desk.selected() == ""
    expect(desk.article).to_be_focused()
    desk.press("Escape")
    expect(desk.article).not_to_be_focused()


def test_25_presses_of_enter_in_a_hurry_store_25_in_order_and_none_twice(
    desk: Desk, complaints: Complaints
) -> None:
    people = [f"Ada{chr(97 + n)} Berg" for n in range(30)]
    text = "\n\n".join(f"{one} spoke to the press." for one in people) + "\n"
    desk.corpus.add(text, *(mark(text, one, "PERSON") for one in people))
    desk.open(2).press(*["Enter"] * 25).saved().has_current(people[25])
    assert desk.corpus.stored(2) == [Shown(one, "PERSON", "accepted") for one in people[:25]]
    # Each took a revision of its own, in order: the undos give them back from the last on.
    desk.press("u", "u", "u").saved().has_current(people[22])
    assert len(desk.corpus.stored(2)) == 22
    assert complaints.heard == []


def test_the_keys_work_on_a_site_without_https(
    open_page: OpenPage, desk: Desk, complaints: Complaints
) -> None:
    complaints.tolerate("Cross-Origin-Opener-Policy header has been ignored")
    page = open_page(signed_in=False)
    sign_in(page, desk.corpus.site, desk.corpus.site.other_address)
    page.goto(f"{desk.corpus.site.other_address}/corpora/{desk.corpus.slug}/articles/1/review/")
    assert not page.evaluate("isSecureContext")
    Desk(page, desk.corpus).press("Enter").saved().has_current("Ines Okafor")
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]


def test_an_article_without_mentions_is_marked_by_keys_alone(page: Page, corpus: Corpus) -> None:
    corpus.add(NEWS, mark(NEWS, "Monday", "DATE"))
    desk = Desk(page, corpus).open().press("x").saved()
    assert desk.shown() == []
    desk.press("Shift+ArrowRight", "7").saved().has_current("Ferry", "FAC")
    assert corpus.stored() == [Shown("Ferry", "FAC", "added")]


@pytest.mark.parametrize("layer", ["suggestions", "nobody"])
def test_a_layer_that_is_not_ones_own_is_walked_and_not_changed(desk: Desk, layer: str) -> None:
    desk.press("Enter").saved()
    desk.open(query=f"?layer={layer}")
    expect(desk.page.get_by_text("Nothing can be changed here.")).to_be_visible()
    desk.press("Enter", "x", "2", "]", "u", "Control+Enter").saved()
    desk.press("j").has_current("Ines Okafor")
    assert [shown.state for shown in desk.shown()] == ["suggested"] * len(SUGGESTED)
    assert desk.corpus.stored() == [Shown("Port Alder", "GPE", "accepted")]
