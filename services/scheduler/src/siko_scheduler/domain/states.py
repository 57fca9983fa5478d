"""How far a conference has come, and which refusal names the state that hinders."""

from typing import Literal

from siko_core.refusals import WrongState

from siko_scheduler.domain.refusals import ConferenceAlreadyCancelled, ConferenceAlreadyHeld

State = Literal[
    "PLANNED", "SCHEDULED", "CONVENED", "IN_SESSION", "HELD", "CLOSED", "POSTPONED", "CANCELLED"
]
DATED: tuple[State, ...] = ("SCHEDULED", "CONVENED")
OVER: tuple[State, ...] = ("HELD", "CLOSED")


def ensure_state(state: State, *needed: State) -> None:
    if state in needed:
        return
    if state == "CANCELLED":
        raise ConferenceAlreadyCancelled(state=state)
    if state in OVER:
        raise ConferenceAlreadyHeld(state=state)
    raise WrongState(state=state, needed=list(needed))
