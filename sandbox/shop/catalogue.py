"""What the pretend shop sells: six things from a lipstick to a suitcase, so that every size of door has its order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """Money in cents, weight in grams, the packed box in millimetres."""

    sku: str
    title: str
    price: int
    grams: int
    width: int
    height: int
    depth: int

    @property
    def written_price(self) -> str:
        return f"{self.price // 100}.{self.price % 100:02d}"


CATALOGUE = {
    item.sku: item
    for item in (
        Item("LIP-ROSE", "Lip balm, rose", 650, 40, 80, 40, 40),
        Item("BOOK-TIDE", "The Tide Tables, paperback", 1495, 320, 130, 30, 200),
        Item("MUG-SLATE", "Stoneware mug, slate", 1800, 480, 120, 110, 120),
        Item("SHOE-TRAIL", "Trail shoes, size 42", 8900, 1150, 330, 130, 210),
        Item("LAMP-ARC", "Desk lamp, arc", 6400, 2900, 260, 420, 260),
        Item("CASE-CABIN", "Cabin case, 38 litres", 12900, 3400, 380, 550, 240),
    )
}
