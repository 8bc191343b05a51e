"""An emulated bank of lockers: KERONG CU16 boards that speak their real frames over a pseudo-terminal."""

from sandbox.lockbank.bank import LockBank
from sandbox.lockbank.model import Compartment, Pulse

__all__ = ["Compartment", "LockBank", "Pulse"]
