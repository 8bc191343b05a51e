"""An emulated bank of lockers: boards that speak their real frames over a pseudo-terminal or TCP."""

from sandbox.lockbank.bank import LockBank
from sandbox.lockbank.model import Compartment, Pulse
from sandbox.lockbank.protocols import PROTOCOLS

__all__ = ["PROTOCOLS", "Compartment", "LockBank", "Pulse"]
