"""The rules of invitations that a verdict rests on: without each, its own test fails."""

from functools import partial

from tests.removal import Removal

removal = partial(Removal, package="siko_invitations", folder="invitations")

REMOVALS = {
    "R3 an area counts with its administration": removal(
        "domain/coverage.py",
        "body.category == rules.counting_category and area in body.areas for body in invited",
        "area in body.areas for body in invited",
        "r3",
    ),
    "R3 an area that will not count is named before the release": removal(
        "domain/invitation_list.py",
        "gaps(areas) + not_counting(self.conference_id, areas) + without_contact",
        "gaps(areas) + without_contact",
        "r3",
    ),
    "R3 an area that will not count is named in the answer to the release": removal(
        "domain/invitation_list.py",
        "findings = missing + not_counting(self.conference_id, areas)",
        "findings = missing",
        "r3",
    ),
    "R8 what was sent after the start earns no credit": removal(
        "domain/invitation.py",
        "self.is_sent and self.sent_at is not None and self.sent_at < start",
        "self.is_sent",
        "r8",
    ),
    "R8 a release that was entered after the start is marked": removal(
        "domain/invitation_list.py",
        "evidence is not None and now >= self.starts_at",
        "False",
        "r8",
    ),
    "R8 the mark of a late release goes into the frozen list": removal(
        "domain/invitation_list.py",
        "recorded_late=self.recorded_late",
        "recorded_late=False",
        "r8",
    ),
    "R8 a past release is the convenor's": Removal(
        "commands/invitations.py",
        'backdated_by=("convenor",)',
        "",
        "r8",
        "siko_contracts",
        "contracts",
    ),
    "R8 a past release has its evidence": Removal(
        "commands/invitations.py",
        "(self.effective_at is None) != (self.evidence is None)",
        "False",
        "r8",
        "siko_contracts",
        "invitations",
    ),
    "R8 an acceptance names its gap": Removal(
        "commands/invitations.py",
        "self.category is None and self.body_id is None",
        "False",
        "r8",
        "siko_contracts",
        "invitations",
    ),
    "R8 a gap of another area is not accepted": removal(
        "domain/coverage.py", "self.area in {None, gap.area}", "True", "r8"
    ),
    "R8 a gap of another category is not accepted": removal(
        "domain/coverage.py", "self.category in {None, gap.category}", "True", "r8"
    ),
    "R8 a gap of another body is not accepted": removal(
        "domain/coverage.py", "self.body_id in {None, gap.body_id}", "True", "r8"
    ),
    "R8 a gap that nobody accepted stops the release": removal(
        "domain/invitation_list.py", "if not_accepted:", "if False:", "r8"
    ),
    "R8 a body that leaves the list asks for a new release": removal(
        "domain/invitation_list.py",
        '& {body.body_id for body in self.competent}\n        self.state = "DERIVED"',
        "& {body.body_id for body in self.competent}",
        "r8",
    ),
    "R8 a withdrawn body leaves the list": removal(
        "application/dispatch.py", "invitation_list.remove(command.body_id)", "pass", "r8"
    ),
    "R8 the category of an accepted gap is a word": removal(
        "application/lists.py", "if gap.category is not None:", "if False:", "word"
    ),
    "R9 all competent bodies are to be invited": removal(
        "domain/coverage.py",
        "for body_id in sorted(body.body_id for body in bodies if body.body_id not in reached)",
        "for body_id in ()",
        "r9",
    ),
    "R12 a new date is forwarded anew": removal(
        "application/policy.py", "invitation.reopen_forwarding()", "pass", "r12"
    ),
    "R14 a new date reopens the answer": removal(
        "application/policy.py", "invitation.invalidate_response()", "pass", "r14"
    ),
    "R15 one deputy for two bodies is a finding": removal(
        "application/answers.py", "if str(its_name).casefold() == folded:", "if False:", "r15"
    ),
    "R16 answers are taken until the start": removal(
        "domain/invitation_list.py", "and at < self.starts_at", "", "r16"
    ),
}
