"""What the kiosk shows while a door opens, stands open, is shut, or does not move."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import session

pytestmark = pytest.mark.browser

PICTURE = "Picture of the lockers. Door 7: second column from the left, top."


def test_the_bank_is_drawn_as_it_stands_with_the_door_marked(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"))
    kiosk.reads("Door 7 is open")
    expect(kiosk.page.get_by_role("img", name=PICTURE)).to_be_visible()
    boxes = {door.inner_text(): door.bounding_box() for door in kiosk.page.locator(".bank__door").all()}
    assert boxes["1"]["x"] < boxes["7"]["x"] < boxes["13"]["x"]
    assert boxes["1"]["y"] < boxes["2"]["y"]
    assert boxes["6"]["height"] > 2.5 * boxes["1"]["height"]
    expect(kiosk.page.locator(".bank__door--here")).to_have_text("7")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (7, "second column from the left, top"),
        (6, "far left column, bottom"),
        (15, "second column from the right, upper half"),
        (22, "far right column, middle"),
    ],
)
def test_a_door_is_found_by_words_too(kiosk: Kiosk, number: int, words: str) -> None:
    kiosk.bridge.show(session=session("open", door=number))
    kiosk.says(words)


def test_a_stuck_door_asks_for_a_push(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("push"))
    kiosk.reads("Push door 7 gently")


@pytest.mark.parametrize(
    ("button", "problem", "words"),
    [
        ("It was empty", "empty", "They know it was empty and will put it right."),
        ("Door did not open", "not_open", "They know which door it is and will get your order out."),
        ("Too heavy, I need help", "help", "They know that you need a hand."),
    ],
)
def test_what_is_wrong_at_a_door_is_one_tap(kiosk: Kiosk, button: str, problem: str, words: str) -> None:
    kiosk.bridge.show(session=session("open"))
    kiosk.tap(button)
    kiosk.says("We have told the staff")
    expect(kiosk.page.locator(".banner")).to_contain_text(words)
    assert kiosk.bridge.posts("/api/problem") == [{"problem": problem}]


def test_without_internet_nobody_is_told_that_the_staff_know(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"), online=False)
    kiosk.tap("It was empty")
    kiosk.says("it has not reached the staff yet")
    expect(kiosk.page.get_by_text("We have told the staff")).to_have_count(0)


def test_without_internet_no_screen_says_that_the_staff_know_already(kiosk: Kiosk) -> None:
    for said in (session("failed"), session("counter", door=None)):
        kiosk.bridge.show(session=said, online=False)
        kiosk.says("it has not reached the staff yet. Tell them in person")
        expect(kiosk.page.get_by_text("the staff know")).to_have_count(0)
        expect(kiosk.page.get_by_text("We have told them")).to_have_count(0)
        kiosk.bridge.show(session=said, online=True)
        expect(kiosk.page.get_by_text("it has not reached the staff yet")).to_have_count(0)


def test_a_door_left_open_is_asked_to_be_shut(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open", left_open=True))
    kiosk.reads("Please push door 7 shut")


def test_a_shut_door_ends_with_thanks(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("shut"))
    kiosk.reads("All yours")
    kiosk.tap("Done")
    kiosk.reads("Type the nine digits from your message")
    assert kiosk.bridge.posts("/api/done") == [{}]


def test_a_shut_door_can_be_opened_again_while_the_bridge_allows_it(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("shut", can_reopen=True))
    with kiosk.page.expect_response("**/api/again"):
        kiosk.tap("Open door 7 again")
    assert kiosk.bridge.posts("/api/again") == [{}]
    kiosk.bridge.show(session=session("shut", can_reopen=False))
    expect(kiosk.page.get_by_role("button", name="Open door 7 again")).to_have_count(0)


def test_an_order_behind_several_doors_says_which_part_this_is(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open", doors_total=3, doors_left=2))
    kiosk.says("Part 1 of 3 of your order")
    kiosk.bridge.show(session=session("shut", doors_total=3, doors_left=2))
    kiosk.reads("2 more doors for you")
    with kiosk.page.expect_response("**/api/next"):
        kiosk.tap("Open the next door")
    assert kiosk.bridge.posts("/api/next") == [{}]
    kiosk.bridge.show(session=session("open", door=8, doors_total=3, doors_left=1))
    kiosk.says("Part 2 of 3 of your order")


def test_a_door_that_stays_shut_leads_to_the_counter(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("failed"))
    kiosk.reads("Door 7 did not open")
    kiosk.says("Please go to the counter.")


def test_a_door_that_is_unlocked_and_does_not_swing_is_to_be_pulled(kiosk: Kiosk) -> None:
    for unlocked in (session("pull", can_reopen=True), session("open", sensor="hook", can_reopen=True)):
        kiosk.bridge.show(session=unlocked)
        kiosk.reads("Pull door 7")
        kiosk.says("Pull it open, take everything out, then push it shut.")
        expect(kiosk.page.get_by_role("img", name=PICTURE)).to_be_visible()
        expect(kiosk.page.get_by_role("button", name="Door did not open")).to_be_visible()
        expect(kiosk.page.get_by_role("button", name="Open door 7 again")).to_be_visible()


def test_where_nothing_opens_it_is_said_before_a_code_is_typed_and_the_code_still_calls_the_counter(
    kiosk: Kiosk,
) -> None:
    kiosk.bridge.show(quarantined=True)
    kiosk.says("The doors cannot open right now.")
    kiosk.bridge.answer("counter")
    kiosk.tap(*"047193508")
    kiosk.reads("Please go to the counter")
    kiosk.tap("Done")
    kiosk.says("Type your code all the same: the counter will bring your order.")
    kiosk.bridge.show(quarantined=False)
    expect(kiosk.page.get_by_text("The doors cannot open right now.")).to_have_count(0)


def test_goods_at_the_counter_need_no_door(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("counter", door=None))
    kiosk.reads("Please go to the counter")


def test_staff_at_a_door_get_staff_words_and_no_shopper_buttons(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open", who="staff"), online=False)
    kiosk.reads("Door 7 is open")
    kiosk.says("Push the door shut when you are done.")
    kiosk.says("No internet.")
    expect(kiosk.page.get_by_role("button", name="It was empty")).to_have_count(0)


def test_a_new_screen_takes_the_focus_and_is_announced(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"))
    kiosk.reads("Door 7 is open")
    expect(kiosk.page.get_by_role("heading", level=1)).to_be_focused()
    expect(kiosk.page.locator("#said")).to_contain_text("Take everything out, then push the door shut.")


def test_what_was_said_about_one_session_is_not_said_in_the_next(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"))
    kiosk.tap("It was empty")
    kiosk.says("We have told the staff")
    kiosk.bridge.show(session=session("open", id="s2", door=9))
    kiosk.reads("Door 9 is open")
    expect(kiosk.page.get_by_text("We have told the staff")).to_have_count(0)
