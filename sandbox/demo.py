"""`dev.py demo`: orders walked from the shop to an open door on a copy of everything, each step with its time.

The first is told step by step, the others are for the percentiles. The exit code is 0 only if the right code opened the
right door, a wrong one opened none, the shopper got exactly one text, and the shop was told.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from devtools.run import started
from sandbox.journey import Journey, WentWrong, seconds_between

GOALS = {"listed": 1.0, "text": 2.0, "pulse": 0.3}
"""Seconds from an accepted order to the associate's list, from a shut door to the text handed over, from the right code
to the coil."""
NAMES = {
    "listed": "order accepted → on the associate's list",
    "text": "loaded → text handed over",
    "pulse": "right code → coil pulsed",
}


@dataclass
class Times:
    """What was measured, in seconds, a value per order."""

    listed: list[float] = field(default_factory=list)
    text: list[float] = field(default_factory=list)
    pulse: list[float] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Start a copy, walk the orders, print the times; 1 when anything was not as it must be."""
    parser = argparse.ArgumentParser(prog="dev.py demo", description="Walk orders from the shop to an open door.")
    parser.add_argument("--orders", type=int, default=10, help="how many, the first step by step (10)")
    wanted = parser.parse_args(arguments).orders
    console = Console(highlight=False)
    console.print("Starting a copy of everything: shop, service, store bridge, lockers, phone …")
    with started() as stack:
        journey = Journey(stack.web, stack.kiosk, stack.sandbox)
        times = Times()
        try:
            journey.sign_in()
            journey.take_presence()
            for number in range(wanted):
                walk(journey, times, console.print if number == 0 else _silent, number)
        except WentWrong as problem:
            console.print(f"[bold red]It went wrong:[/] {problem}", markup=True)
            return 1
    console.print(_table(times))
    return 0


def walk(journey: Journey, times: Times, say: Callable[[str], None], number: int) -> None:
    """One order from the shop to the shopper's hands. Raises WentWrong."""
    began = time.time()

    def step(text: str) -> None:
        say(f"  {time.time() - began:6.2f} s  {text}")

    order = journey.order(phone=f"+1201555{110 + number % 80:04d}")
    accepted = time.time()
    step(f"The shopper buys {order} and pays; the shop sends signed webhooks.")
    pickup = journey.listed(order)
    times.listed.append(time.time() - accepted)
    step(f"{order} is on the associate's list.")
    door = journey.open_to_load(pickup)
    step(f"The associate, standing there, asks for a door: {door} opens.")
    shut = journey.put_in_and_shut(door)
    journey.ready(pickup)
    step(f"Goods in, door {door} shut, the sensor agrees: ready.")
    text = journey.text(order)
    times.text.append(seconds_between(shut, text["at"]))
    step(f"One text, {text['segments']} segment: “{_hidden(text['body'])}”")
    _wrong_code(journey, journey.code_in(text), step)
    _right_code(journey, journey.code_in(text), door, times, step)
    journey.platform_says(order, "picked_up")
    step("The shop sees it as picked up.")
    if len(journey.texts(order)) != 1:
        raise WentWrong(f"the shopper of {order} got {len(journey.texts(order))} texts")
    step("The shopper got exactly one text.")


def _wrong_code(journey: Journey, code: str, step: Callable[[str], None]) -> None:
    before = journey.pulse_count()
    wrong = code[:3] + f"{(int(code[3:]) + 1) % 1_000_000:06d}"
    verdict = journey.type_code(wrong)
    if verdict != "no" or journey.pulse_count() != before:
        raise WentWrong(f"a wrong code was answered {verdict}, and {journey.pulse_count() - before} coils were pulsed")
    step("A wrong code at the kiosk opens nothing.")


def _right_code(journey: Journey, code: str, door: int, times: Times, step: Callable[[str], None]) -> None:
    before, typed = journey.pulse_count(), time.time()
    verdict = journey.type_code(code)
    opened = journey.opened() if verdict == "open" else None
    pulse = journey.pulses()[0]
    if opened != door or pulse["door"] != door or journey.pulse_count() != before + 1:
        raise WentWrong(f"the right code was answered {verdict} and opened door {opened} instead of {door}")
    times.pulse.append(seconds_between(typed, pulse["at"]))
    step(f"The right code opens door {door}, with one pulse.")
    journey.take_out_and_shut(door)
    step("Goods out, door shut: collected.")


def _table(times: Times) -> Table:
    table = Table("from → to", "median", "p95", "worst", "goal", "", title=f"{len(times.pulse)} orders")
    for name, goal in GOALS.items():
        values = sorted(getattr(times, name))
        p95 = _p95(values)
        table.add_row(
            NAMES[name],
            *(f"{value * 1000:.0f} ms" for value in (statistics.median(values), p95, values[-1])),
            f"p95 < {goal * 1000:.0f} ms",
            "holds" if p95 < goal else "short",
        )
    return table


def _p95(ordered: list[float]) -> float:
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def _hidden(body: str) -> str:
    return " ".join("***" if word.isdigit() and len(word) == 3 else word.partition("/p/")[0] for word in body.split())


def _silent(text: str) -> None:
    pass
