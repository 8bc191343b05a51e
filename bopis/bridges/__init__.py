"""The cloud's side of the machines in the stores: enrolment, sync, events, commands."""
