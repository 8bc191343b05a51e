"""How other programs are let in: keys with scopes, and deeds that are done once however often they are asked for."""
