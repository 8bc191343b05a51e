"""A commissioning as its page sees it: one JSON value."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from firmware_bridge.boards import BOARDS
from firmware_bridge.commission.course import Course
from firmware_bridge.commission.service import Service
from firmware_bridge.layout import SENSORS


def view(service: Service) -> dict[str, Any]:
    """Where it stands and what may be answered; nothing of an order but its door's number."""
    course = service.course
    if course is None:
        return {"step": "begin"}
    return {
        "step": service.at,
        "doing": service.doing,
        "said": service.said,
        "by": course.by.name,
        "goods": sorted(course.held()),
        "word": service.words.wanted,
        "boards": {"known": list(BOARDS), "board": course.board, "sensors": list(SENSORS), "sensor": course.sensor},
        "lines": [asdict(each) for each in service.lines()],
        "line": service.line,
        "count": service.count,
        "connected": service.connected,
        "found": service.found,
        "kept": len(course.kept.doors) if course.kept and course.kept.board == course.board else 0,
        "doors": [asdict(door) for door in sorted(course.plan.doors, key=lambda door: door.number)],
        **_at_a_coil(course),
    }


def _at_a_coil(course: Course) -> dict[str, Any]:
    finding, suggested = course.finding, course.suggest()
    found = {door.number for door in course.plan.doors}
    done, all_ = course.counted() if course.probe else (0, 0)
    coil = finding.coil if finding else course.next() if course.probe else None
    return {
        "coil": {"board": coil[0], "channel": coil[1] + 1} if coil else None,
        "done": done,
        "all": all_,
        "finding": {"kind": finding.kind, "words": finding.words} if finding else None,
        "suggested": asdict(suggested) if suggested else None,
        "missing": [asdict(door) for door in course.known.values() if door.number not in found],
        "open": len(course.probe.standing_open()) if course.probe else 0,
        "undo": bool(course.plan.answered),
    }
