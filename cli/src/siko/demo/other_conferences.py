"""The demo's other conferences: Leverkusen with a gap, Köln cancelled, and the motorways."""

from datetime import time

from siko_contracts.commands.agenda import OutcomeEntry
from siko_contracts.commands.invitations import GapAcceptance, RecordDispatch, RemoveBody
from siko_contracts.commands.scheduler import CancelConference

from siko.demo.steps import (
    AUTHORITY,
    Script,
    accept,
    attended,
    bodies,
    convene,
    held,
    invited,
    open_session,
    second_wednesday,
)
from siko.demo.topics import Topic, discuss, prepare, situation
from siko.import_nrw import shipped

LEFT_OUT = "ag-leverkusen"


def leverkusen(year: int) -> Script:
    """Held in autumn without the local court: a gap that the convenor accepts, and that stays one (R8)."""
    script = Script(year, "leverkusen", "Leverkusen", second_wednesday(year, 11))
    reason = "Das Amtsgericht war schon an der gemeinsamen Konferenz beteiligt."
    gap = GapAcceptance(
        area="Leverkusen", category="ordinary_court", body_id=LEFT_OUT, reason=reason
    )
    convene(script, ("Leverkusen",), accepted_gaps=(gap,))
    script.do(
        -56,
        time(15),
        RemoveBody(conference_id=script.conference_id, body_id=LEFT_OUT, reason=reason),
    )
    present = tuple(b.body_id for b in invited(("Leverkusen",)) if b.body_id != LEFT_OUT)
    accept(script, -40, "mail", *present)
    topics = (
        situation("Lagebild Leverkusen", "Lagebild für die Stadt Leverkusen."),
        Topic(
            "stadt-leverkusen",
            "spatial_hotspots",
            "Lage in der Innenstadt",
            "Beobachtungen von Stadt und Bundespolizei.",
            (OutcomeEntry(kind="noted"),),
        ),
    )
    prepare(script, topics)
    open_session(script)
    attended(script, dict.fromkeys(present, "head"))
    discuss(script, topics, present)
    held(script)
    return script


def cancelled(year: int) -> Script:
    """Köln in summer, called off when the invitations were out: it counts for nothing (R4).

    Before that the district government forwards too late (R12), and bodies that do not answer are reminded.
    """
    script = Script(year, "cancelled", "Köln", second_wednesday(year, 6))
    convene(script, ("Köln",), forwarded=-30)
    by_letter = RecordDispatch(
        conference_id=script.conference_id, body_id="ag-koeln", channel="letter"
    )
    script.do(-48, time(9), by_letter)
    accept(script, -40, "mail", "sta-koeln", "stadt-koeln")
    script.do(
        -14,
        time(16),
        CancelConference(
            conference_id=script.conference_id, reason="Eine Großlage bindet alle Kräfte."
        ),
        milestone="abgesagt",
    )
    return script


def motorways(year: int) -> Script:
    """The Siko-AP of Köln with the bodies that the motorways affect (R32-R34)."""
    script = Script(year, "motorways", "Siko-AP Köln", second_wednesday(year, 9))
    duty = next(duty for duty in shipped().duties if duty.authority_id == AUTHORITY)
    convene(script, sections=duty.sections)
    present = tuple(b.body_id for b in bodies() if AUTHORITY in b.motorway_authority_ids)
    accept(script, -40, "mail", *present)
    topics = (situation("Lagebild Autobahnen", "Lagebild für die Autobahnen im Bezirk."),)
    prepare(script, topics)
    open_session(script)
    attended(script, dict.fromkeys(present, "head"))
    discuss(script, topics, present)
    held(script)
    return script
