"""Six languages: nothing missing in any, chosen by the shopper in its own words, and gone with the shopper."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from firmware_bridge.config import LANGUAGES as CONFIGURED
from tests.browser.conftest import Kiosk
from tests.browser.kiosk_stub import KIOSK, session
from tests.browser.kiosk_words import LANGUAGES, WORDS, catalogue, spoken

ENGLISH = catalogue("en")
EMPTY_BY_MEANING = {"column_only"}
SAYS_ITS_NUMBER_IN_WORDS = {"zero", "one", "two"}
OTHER_DIGITS = re.compile("[\u0660-\u0669\u06f0-\u06f9\uff10-\uff19]")


def forms(sentence: Any) -> dict[str, str]:
    """A sentence by plural form; one that has none has the form `other`."""
    if isinstance(sentence, list):
        return {f"other {n}": each for n, each in enumerate(sentence)}
    return sentence if isinstance(sentence, dict) else {"other": sentence}


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_every_catalogue_can_be_configured_and_chosen() -> None:
    assert {path.stem for path in WORDS.iterdir()} == set(LANGUAGES) == set(CONFIGURED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_missing_and_none_is_left_over(language: str) -> None:
    words = catalogue(language)
    assert list(words) == list(ENGLISH)
    assert [key for key in words if type(words[key]) is not type(ENGLISH[key])] == []
    blank = {key for key, each in words.items() for text in forms(each).values() if not text.strip()}
    assert blank <= EMPTY_BY_MEANING
    assert len(words["nth"]) == len(ENGLISH["nth"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_placeholder_is_lost(language: str) -> None:
    for key, sentence in catalogue(language).items():
        wanted = placeholders(forms(ENGLISH[key]).get("other", ""))
        for form, text in forms(sentence).items():
            said_in_words = form in SAYS_ITS_NUMBER_IN_WORDS and isinstance(sentence, dict)
            assert placeholders(text) == wanted or (said_in_words and not placeholders(text)), (key, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_digits_are_latin_in_every_language(language: str) -> None:
    assert OTHER_DIGITS.findall((WORDS / f"{language}.json").read_text(encoding="utf-8")) == []


def test_every_word_a_screen_asks_for_is_there() -> None:
    scripts = [path.read_text(encoding="utf-8") for path in (KIOSK / "static" / "kiosk").rglob("*.js")]
    asked = {name for script in scripts for name in re.findall(r'\bwords\.(\w+)|\bsay\("(\w+)"', script)}
    missing = {a or b for a, b in asked} - set(ENGLISH) - {"js"}
    assert missing == set()


def test_each_plural_has_the_forms_its_language_wants(kiosk: Kiosk) -> None:
    for language in LANGUAGES:
        rules = f"new Intl.PluralRules({language!r}).resolvedOptions().pluralCategories"
        wanted = set(kiosk.page.evaluate(rules))
        for key, sentence in catalogue(language).items():
            if isinstance(sentence, dict):
                assert set(sentence) == wanted, (language, key)


def test_a_shopper_chooses_by_the_languages_own_name(kiosk: Kiosk) -> None:
    for language in LANGUAGES:
        words = catalogue(language)
        kiosk.tap(words["language"])
        kiosk.reads(words["home_title"])
        root = kiosk.page.locator("html")
        expect(root).to_have_attribute("lang", language)
        expect(root).to_have_attribute("dir", words["dir"])
        expect(kiosk.page).to_have_title(words["page_title"])
        expect(kiosk.page.get_by_role("button", name=words["language"])).to_have_attribute("aria-pressed", "true")


def test_digits_typed_so_far_survive_another_language(kiosk: Kiosk) -> None:
    kiosk.tap(*"0471", "العربية")
    assert kiosk.shown_digits() == "0471"


def test_numbers_take_the_plural_of_the_language(kiosk: Kiosk) -> None:
    kiosk.tap("العربية")
    for left, words in ((1, "باب واحد آخر لك"), (2, "بابان آخران لك"), (3, "3 أبواب أخرى لك"), (11, "11 بابًا آخر لك")):
        kiosk.bridge.show(session=session("shut", doors_left=left, doors_total=12))
        kiosk.reads(words)


def test_another_language_can_be_chosen_before_an_open_door(kiosk: Kiosk) -> None:
    kiosk.bridge.show(session=session("open"))
    kiosk.tap("Language", "Deutsch")
    kiosk.reads(spoken("de", "open_title", 7))
    kiosk.says("Zweite Spalte von links, oben".lower().capitalize())


def test_the_language_goes_with_the_session(kiosk: Kiosk) -> None:
    kiosk.tap("Français")
    kiosk.bridge.show(session=session("shut"))
    kiosk.reads(catalogue("fr")["shut_title"])
    kiosk.tap(catalogue("fr")["done"])
    kiosk.reads(ENGLISH["home_title"])


def test_the_language_goes_when_the_bridge_ends_the_session(kiosk: Kiosk) -> None:
    kiosk.tap("Español")
    kiosk.bridge.show(session=session("shut"))
    kiosk.reads(catalogue("es")["shut_title"])
    kiosk.bridge.show(session=None)
    kiosk.reads(ENGLISH["home_title"])


def test_the_store_decides_what_is_spoken_first(kiosk: Kiosk) -> None:
    kiosk.bridge.language = "ar"
    kiosk.visit()
    kiosk.reads(catalogue("ar")["home_title"])
    kiosk.tap("English")
    kiosk.bridge.show(session=session("shut"))
    kiosk.tap("Done")
    kiosk.reads(catalogue("ar")["home_title"])
