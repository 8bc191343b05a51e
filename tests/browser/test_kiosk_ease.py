"""The kiosk for those who read, reach or hear differently: read aloud, worked from a number pad, reminded by sound."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import KIOSK_PORTRAIT, Kiosk
from tests.browser.kiosk_stub import KioskStub, session
from tests.firmware_bridge.world import until

HOME = "Type the nine digits from your message"
VOICES = """
window.said = [];
class Utterance { constructor(text) { this.text = text; } }
window.SpeechSynthesisUtterance = Utterance;
const voices = [{ lang: "en-GB", localService: true }, { lang: "fr-FR", localService: false }];
Object.defineProperty(window, "speechSynthesis", { value: {
  getVoices: () => voices,
  speak: (utterance) => window.said.push([utterance.lang, utterance.text]),
  cancel: () => {},
} });
"""
SOUNDS = """
window.tones = 0;
const original = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () { window.tones += 1; return original.call(this); };
"""


def _kiosk(chromium: Browser, bridge: KioskStub, script: str) -> Iterator[Kiosk]:
    with chromium.new_context(viewport=KIOSK_PORTRAIT, has_touch=True) as context:
        context.set_default_timeout(30_000)
        context.add_init_script(script)
        page = context.new_page()
        page.clock.install()
        visitor = Kiosk(page, bridge).visit()
        yield visitor
        assert visitor.complaints == []


@pytest.fixture
def speaking(chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """A kiosk whose machine has an English voice of its own, and a French one that is somewhere else."""
    yield from _kiosk(chromium, bridge, VOICES)


@pytest.fixture
def sounding(chromium: Browser, bridge: KioskStub) -> Iterator[Kiosk]:
    """A kiosk whose tones are counted."""
    yield from _kiosk(chromium, bridge, SOUNDS)


def heard(kiosk: Kiosk, text: str) -> None:
    """The voice has said this."""
    kiosk.page.wait_for_function("text => window.said.some(([, said]) => said.includes(text))", arg=text)


def last_heard(kiosk: Kiosk) -> str:
    return kiosk.page.evaluate("window.said.at(-1)[1]")


def turn_on(kiosk: Kiosk, wish: str) -> None:
    kiosk.tap("Easier to use")
    kiosk.page.get_by_role("button", name=wish).tap()
    expect(kiosk.page.get_by_role("button", name=wish)).to_have_attribute("aria-pressed", "true")
    kiosk.page.get_by_role("dialog").get_by_role("button", name="Done").tap()


def test_every_state_is_read_aloud(speaking: Kiosk) -> None:
    turn_on(speaking, "Read aloud")
    heard(speaking, HOME)
    for phase, words in (
        ("opening", "Door 7 is opening second column from the left, top It swings out"),
        ("push", "Push door 7 gently"),
        ("open", "Door 7 is open second column from the left, top Take everything out, then push the door shut."),
        ("shut", "All yours"),
        ("failed", "Door 7 did not open"),
    ):
        speaking.bridge.show(session=session(phase))
        heard(speaking, words)


def test_digits_are_read_one_by_one(speaking: Kiosk) -> None:
    turn_on(speaking, "Read aloud")
    speaking.tap("4")
    heard(speaking, "4")
    assert last_heard(speaking) == "4"
    speaking.bridge.show(session=session("open", door=22))
    heard(speaking, "Door 2 2 is open")


def test_what_was_read_can_be_read_again(speaking: Kiosk) -> None:
    turn_on(speaking, "Read aloud")
    speaking.bridge.show(session=session("open"))
    heard(speaking, "Door 7 is open")
    before = speaking.page.evaluate("window.said.length")
    speaking.tap("Say it again")
    said = speaking.page.evaluate("window.said.map(([, text]) => text)")
    assert len(said) == before + 1
    assert said[-1] == said[-2]


def test_a_voice_that_needs_the_internet_is_never_used(speaking: Kiosk) -> None:
    speaking.tap("Français", "Plus simple")
    expect(speaking.page.get_by_role("button", name="Texte plus grand")).to_be_visible()
    expect(speaking.page.get_by_role("button", name="Lire à voix haute")).to_have_count(0)


def test_without_a_voice_the_words_stand_there_all_the_same(speaking: Kiosk) -> None:
    turn_on(speaking, "Read aloud")
    speaking.tap("العربية")
    speaking.bridge.show(session=session("open"))
    speaking.reads("الباب 7 مفتوح")
    assert "ar" not in speaking.page.evaluate("window.said.map(([lang]) => lang.slice(0, 2))")


def test_a_machine_without_any_voice_offers_none(kiosk: Kiosk) -> None:
    kiosk.tap("Easier to use")
    expect(kiosk.page.get_by_role("button", name="Larger text")).to_be_visible()
    expect(kiosk.page.get_by_role("button", name="Read aloud")).to_have_count(0)


def test_the_whole_kiosk_works_from_a_number_pad(speaking: Kiosk) -> None:
    speaking.page.keyboard.press("*")
    heard(speaking, "Reading aloud.")
    speaking.bridge.show(session=session("shut"))
    speaking.reads("All yours")
    speaking.page.keyboard.press("+")
    expect(speaking.page.get_by_role("button", name="Done")).to_be_focused()
    heard(speaking, "Done")
    speaking.page.keyboard.press("+")
    expect(speaking.page.get_by_role("button", name="It was empty")).to_be_focused()
    speaking.page.keyboard.press("-")
    expect(speaking.page.get_by_role("button", name="Done")).to_be_focused()
    speaking.page.keyboard.press("Enter")
    speaking.reads(HOME)
    assert speaking.bridge.posts("/api/done") == [{}]


def test_the_voice_and_the_sizes_go_with_the_shopper(speaking: Kiosk) -> None:
    turn_on(speaking, "Read aloud")
    turn_on(speaking, "Larger text")
    expect(speaking.page.locator("html")).to_have_class("is-larger")
    speaking.bridge.show(session=session("shut"))
    speaking.tap("Done")
    expect(speaking.page.locator("html")).to_have_class("")
    expect(speaking.page.get_by_role("button", name="Say it again")).to_be_hidden()
    count = speaking.page.evaluate("window.said.length")
    speaking.tap("5")
    assert speaking.shown_digits() == "5"
    assert speaking.page.evaluate("window.said.length") == count


def leap(kiosk: Kiosk, milliseconds: int) -> None:
    """So much later, the page having asked the bridge again: one question broke off, and two in a row mean a loss."""
    polls = kiosk.bridge.polls
    kiosk.page.clock.fast_forward(milliseconds)
    until(lambda: kiosk.bridge.polls >= polls + 2)


def test_whoever_asked_for_an_easier_page_gets_three_times_as_long(speaking: Kiosk) -> None:
    turn_on(speaking, "Larger text")
    dialog = speaking.page.get_by_role("alertdialog", name="Still there?")
    leap(speaking, 80_000)
    expect(dialog).to_have_count(0)
    speaking.page.clock.fast_forward(12_000)
    expect(dialog).to_be_visible()
    leap(speaking, 50_000)
    expect(dialog).to_be_visible()
    speaking.page.clock.fast_forward(12_000)
    expect(dialog).to_have_count(0)
    expect(speaking.page.locator("html")).to_have_class("")


def tones(kiosk: Kiosk) -> int:
    return int(kiosk.page.evaluate("window.tones"))


def test_a_door_left_open_is_asked_for_in_words_and_by_sound(sounding: Kiosk) -> None:
    sounding.bridge.show(session=session("open"))
    sounding.reads("Door 7 is open")
    assert tones(sounding) == 0
    for reminders, title in ((1, "Door 7 is open"), (2, "Door 7 is open"), (3, "Please push door 7 shut")):
        sounding.bridge.show(session=session("open", reminders=reminders))
        until(lambda heard=2 * reminders: tones(sounding) == heard)
        sounding.reads(title)
    sounding.bridge.show(session=session("open", reminders=3, left_open=True))
    until(lambda: tones(sounding) == 8)
    sounding.bridge.show(session=session("shut"))
    sounding.reads("All yours")
    assert tones(sounding) == 8


def test_the_bridge_counts_how_long_a_door_stands_open_and_the_page_does_not(sounding: Kiosk) -> None:
    sounding.bridge.show(session=session("open"))
    sounding.reads("Door 7 is open")
    sounding.page.clock.fast_forward(300_000)
    sounding.bridge.show(online=False)
    expect(sounding.page.get_by_role("button", name="I am next: use my code")).to_have_count(0)
    sounding.reads("Door 7 is open")
    assert tones(sounding) == 0


def test_a_page_that_comes_late_repeats_no_reminder(sounding: Kiosk) -> None:
    sounding.bridge.show(session=session("open", reminders=3))
    sounding.reads("Please push door 7 shut")
    sounding.bridge.show(session=session("open", id="s2", door=9, reminders=1))
    sounding.reads("Door 9 is open")
    assert tones(sounding) == 0


def test_staff_are_reminded_once_a_door_is_left_open_and_not_while_they_work(sounding: Kiosk) -> None:
    for reminders in range(4):
        sounding.bridge.show(session=session("open", who="staff", reminders=reminders))
        sounding.reads("Door 7 is open")
    assert tones(sounding) == 0
    sounding.bridge.show(session=session("open", who="staff", reminders=3, left_open=True))
    until(lambda: tones(sounding) == 2)


def test_the_next_person_is_not_kept_waiting_by_a_door_left_open(sounding: Kiosk) -> None:
    sounding.bridge.show(session=session("open", left_open=True))
    sounding.tap("I am next: use my code")
    sounding.reads(HOME)
    assert sounding.bridge.posts("/api/done") == [{}]


def test_a_no_is_heard_too(sounding: Kiosk) -> None:
    sounding.page.keyboard.type("047193508", delay=45)
    sounding.reads("That code did not open a door")
    assert sounding.page.evaluate("window.tones") == 2


def test_a_kiosk_nobody_uses_rests_and_the_first_touch_only_wakes_it(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    key = kiosk.page.get_by_role("button", name="5", exact=True).bounding_box()
    middle = (key["x"] + key["width"] / 2, key["y"] + key["height"] / 2)
    kiosk.page.clock.fast_forward(121_000)
    kiosk.reads("Touch to pick up your order")
    kiosk.says("触摸屏幕，领取订单")
    kiosk.page.touchscreen.tap(*middle)
    kiosk.reads(HOME)
    assert kiosk.shown_digits() == ""
    kiosk.page.clock.fast_forward(1_000)
    kiosk.page.touchscreen.tap(*middle)
    assert kiosk.shown_digits() == "5"


def test_a_resting_kiosk_wakes_for_a_session_and_for_a_scan(kiosk_in_time: Kiosk) -> None:
    kiosk = kiosk_in_time
    kiosk.page.clock.fast_forward(121_000)
    kiosk.reads("Touch to pick up your order")
    kiosk.bridge.show(session=session("open"))
    kiosk.reads("Door 7 is open")
    kiosk.bridge.show(session=None)
    kiosk.page.clock.fast_forward(121_000)
    kiosk.reads("Touch to pick up your order")
    kiosk.bridge.show(scan={"id": 1, "verdict": "no", "retry_after": None})
    kiosk.reads("That QR code did not open a door")


def test_the_page_shows_the_bridge_that_it_lives(kiosk: Kiosk) -> None:
    before = kiosk.bridge.beats
    kiosk.bridge.show()
    kiosk.bridge.show(online=False)
    kiosk.tap("Staff")
    kiosk.says("No internet.")
    assert kiosk.bridge.beats > before


def test_a_page_that_is_no_longer_painted_does_not_pretend_to_live(chromium: Browser, bridge: KioskStub) -> None:
    with chromium.new_context(viewport=KIOSK_PORTRAIT) as context:
        context.add_init_script("window.requestAnimationFrame = () => 0")
        page = context.new_page()
        beats, polls = bridge.beats, bridge.polls
        page.goto(bridge.url)
        expect(page.get_by_text("Harbour Street")).to_be_visible(timeout=10_000)
        assert (bridge.beats, bridge.polls > polls) == (beats, True)
