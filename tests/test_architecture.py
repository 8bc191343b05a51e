"""Who may know whom: the direction of imports as data, held against every file, and each rule shown to bite."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PRODUCT = ("bopis", "webhooks", "integrations", "firmware_bridge")
# Left and upper may import right and lower, never back.
LAYERS = [
    layer.split()
    for layer in """
        app cli jobs relay
        cli_access cli_orders
        drain doctor
        wiring
        dispatch
        effects sweeps web webhooks
        migrations
        models
        payments notices hooks
        pickups
        orders
        bridges
        lockers
        stores staff access
        merchants
        claims lanes
        inbox outbox timeline tasks changes
        db bell sealing rows
        messages
        ports
        money clock ids config errors logs engine single direct prepared pipeline memory among
    """.strip().splitlines()
]
LEVEL = {name: level for level, layer in enumerate(LAYERS) for name in layer}
STRANGERS = {"effects", "sweeps", "web", "webhooks"}
"""Of one layer, and yet not to know each other."""
ALLOWED_IN = {
    "flask": {"app", "web", "webhooks"},
    "rq": {"jobs", "bell"},
    "integrations": {"wiring"},
}
PURE = (
    "bopis/pickups/lifecycle.py",
    "bopis/lockers/fit.py",
    "bopis/lockers/packing.py",
    "bopis/lockers/sizes.py",
    "bopis/lockers/learning.py",
    "bopis/lockers/item_table.py",
    "bopis/lockers/knobs.py",
    "bopis/lockers/allocation.py",
    "bopis/stores/hours*.py",
    "bopis/stores/holding.py",
    "bopis/payments/rules*.py",
    "bopis/money.py",
    "integrations/phones.py",
    "integrations/*/translate*.py",
    "firmware_bridge/protocol/*.py",
    "firmware_bridge/access.py",
    "firmware_bridge/doors.py",
    "firmware_bridge/boards/*.py",
)
PURE_MAY_IMPORT = (
    *("bopis.ports", "bopis.money", "bopis.messages", "bopis.errors", "firmware_bridge.protocol"),
    "integrations.phones",
    *("argon2", "cryptography", "http_message_signatures", "phonenumbers"),
)
IMPURE = {
    "asyncio",
    "http",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "shutil",
    "socket",
    "sqlite3",
    "subprocess",
}
IMPURE |= {"tempfile", "threading", "time", "urllib.request", "uuid"}
IMPURE_CALLS = {"now", "utcnow", "today", "open", "print", "input"}
VENDORS = re.compile("shopify|woocommerce|bigcommerce|magento|squareup|stripe|adyen|twilio|sendgrid|kerong", re.I)
MAY_NAME_VENDORS = {"bopis/config.py", "bopis/wiring.py"}


def part(module: str) -> str:
    """What the rules speak of: `bopis.pickups.models` is `pickups`, `webhooks.receive` is `webhooks`."""
    names = module.split(".")
    return names[1] if names[0] == "bopis" and len(names) > 1 else names[0]


def imports(tree: ast.AST, module: str, is_package: bool) -> Iterator[str]:
    """Every module that a file imports, wherever in it; `from a import b` yields a.b, which may be a name in a."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = module.split(".")[: None if is_package and node.level == 1 else -node.level + is_package]
            base = ".".join([*(here if node.level else []), *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def is_within(module: str, packages: tuple[str, ...] | set[str]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def complaints(root: Path) -> list[str]:
    """What is wrong in the tree, a line each, beginning with the file."""
    found, siblings = [], set()
    for top in PRODUCT:
        for path in sorted((root / top).rglob("*.py")):
            file = path.relative_to(root)
            module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
            text = path.read_text()
            tree = ast.parse(text)
            targets = list(imports(tree, module, path.name == "__init__.py"))
            wrong = [why for target in targets for why in refusals(module, target)]
            if any(file.match(pattern) for pattern in PURE):
                wrong += impurities(module, tree, targets)
            if top == "bopis" and str(file) not in MAY_NAME_VENDORS:
                wrong += [f"names the vendor {name}" for name in sorted(set(VENDORS.findall(text)))]
            if top != "firmware_bridge" and str(file) != "bopis/db.py" and calls(tree, {"commit"}):
                wrong.append("commits; only bopis/db.py does")
            if top == "bopis" and module != "bopis" and part(module) not in LEVEL:
                wrong.append("stands in no layer; give it a place in LAYERS")
            found += [f"{file}: {why}" for why in wrong]
            siblings |= {(part(module), part(t)) for t in targets if LEVEL.get(part(module)) == LEVEL.get(part(t), -1)}
    return found + [f"{a} and {b} import each other" for a, b in sorted(siblings) if a < b and (b, a) in siblings]


def refusals(module: str, target: str) -> Iterator[str]:
    """Why this file may not import that one, if it may not."""
    top, wanted, said = module.split(".")[0], target.split(".")[0], f"imports {target}"
    if wanted in {"sandbox", "devtools", "tests", "bench"}:
        yield f"{said}, which is no part of the product"
    if top == "firmware_bridge" and wanted in {"bopis", "webhooks", "integrations"}:
        yield f"{said}; the bridge knows nothing of the service"
    if top == "integrations":
        own = ".".join(module.split(".")[:2])
        shared = wanted == "integrations" and not (ROOT / Path(*target.split(".")[:2])).is_dir()
        if wanted in PRODUCT and not (shared or is_within(target, {"bopis.ports", "bopis.errors", own})):
            yield f"{said}; an integration knows bopis.ports, bopis.errors, integrations.http and its SDK"
        if wanted in {"flask", "sqlalchemy", "redis", "rq"}:
            yield f"{said}; an integration has no business with it"
    if top in {"bopis", "webhooks"}:
        yield from (f"{said}{why}" for why in refusals_in_service(part(module), target))


def refusals_in_service(us: str, target: str) -> Iterator[str]:
    them, wanted = part(target), target.split(".")[0]
    if wanted == "firmware_bridge" and not is_within(target, {"firmware_bridge.protocol", "firmware_bridge.boards"}):
        yield "; of the bridge the service knows its protocol and its boards alone"
    if us not in ALLOWED_IN.get(wanted, {us}):
        yield f"; only {', '.join(sorted(ALLOWED_IN[wanted]))} may"
    if wanted in {"bopis", "webhooks"} and us != them:
        if LEVEL.get(us, 0) > LEVEL.get(them, len(LAYERS)):
            yield f", which stands above {us}"
        elif {us, them} <= STRANGERS:
            yield f"; {us} and {them} do not know each other"


def impurities(module: str, tree: ast.AST, targets: list[str]) -> Iterator[str]:
    """What a pure file does that reaches beyond its arguments."""
    own = module.rpartition(".")[0]
    for target in targets:
        standard = target.split(".")[0] in sys.stdlib_module_names | {"__future__"}
        if is_within(target, IMPURE) or not (standard or is_within(target, (own, module, *PURE_MAY_IMPORT))):
            yield f"is pure and imports {target}"
    yield from (f"is pure and calls {name}()" for name in calls(tree, IMPURE_CALLS))


def calls(tree: ast.AST, names: set[str]) -> list[str]:
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    called = {getattr(function, "attr", getattr(function, "id", "")) for function in functions}
    return sorted(called & names)


def test_every_file_keeps_the_direction() -> None:
    assert complaints(ROOT) == []


@pytest.mark.parametrize(
    ("file", "source", "complaint"),
    [
        ("bopis/pickups/actions.py", "from bopis.web import pages", "stands above pickups"),
        ("bopis/db.py", "def f():\n    import bopis.outbox", "stands above db"),
        ("bopis/ports/orders.py", "from .. import clock, messages", "imports bopis.messages, which stands above ports"),
        ("bopis/sweeps.py", "from bopis import effects", "do not know each other"),
        ("webhooks/receive.py", "from bopis.web.errors import x", "do not know each other"),
        ("bopis/pickups/actions.py", "import integrations.shopify", "only wiring may"),
        ("webhooks/process.py", "from integrations import http", "only wiring may"),
        ("integrations/stripe/client.py", "from bopis.orders import models", "an integration knows bopis.ports"),
        ("integrations/stripe/client.py", "from integrations.twilio import client", "an integration knows bopis.ports"),
        ("integrations/stripe/client.py", "import flask", "no business with it"),
        ("firmware_bridge/agent.py", "from bopis.clock import now", "knows nothing of the service"),
        ("bopis/bridges/sync.py", "from firmware_bridge.doors import Door", "its protocol and its boards alone"),
        ("bopis/web/ops.py", "import sandbox.shop", "no part of the product"),
        ("firmware_bridge/bus.py", "from sandbox import lockbank", "no part of the product"),
        ("bopis/orders/actions.py", "from flask import request", "only app, web, webhooks may"),
        ("bopis/outbox.py", "import rq", "only bell, jobs may"),
        ("bopis/lockers/fit.py", "import sqlalchemy", "is pure and imports sqlalchemy"),
        ("bopis/lockers/allocation.py", "from random import choice", "is pure and imports random.choice"),
        ("bopis/pickups/lifecycle.py", "import datetime as dt\ndt.datetime.now()", "is pure and calls now()"),
        ("integrations/stripe/translate.py", "from bopis import clock", "is pure and imports bopis.clock"),
        ("firmware_bridge/boards/other.py", "import serial", "is pure and imports serial"),
        ("bopis/orders/actions.py", '"""As Shopify does."""', "names the vendor Shopify"),
        ("bopis/orders/actions.py", "session.commit()", "commits; only bopis/db.py does"),
        ("bopis/misc.py", "", "stands in no layer"),
    ],
)
def test_a_planted_wrong_import_is_found(tmp_path: Path, file: str, source: str, complaint: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(source)

    assert [line for line in complaints(tmp_path) if line.startswith(file) and complaint in line]


def test_two_of_one_layer_do_not_import_each_other(tmp_path: Path) -> None:
    (tmp_path / "bopis").mkdir()
    (tmp_path / "bopis" / "db.py").write_text("import bopis.bell")
    (tmp_path / "bopis" / "bell.py").write_text("from bopis import db")

    assert complaints(tmp_path) == ["bell and db import each other"]


def test_what_is_allowed_is_not_found(tmp_path: Path) -> None:
    allowed = {
        "bopis/app.py": "import flask\nfrom bopis import wiring\nfrom bopis.web import errors",
        "bopis/wiring.py": "from integrations.shopify import ShopifyPlatform\nfrom bopis import config",
        "bopis/pickups/codes.py": "from firmware_bridge.protocol import codes\nfrom . import models",
        "integrations/shopify/translate.py": "import re\nfrom bopis.ports import Line\nfrom . import documents",
        "bopis/db.py": "from bopis.bell import Bell\nsession.commit()",
    }
    for file, source in allowed.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(source)

    assert complaints(tmp_path) == []
