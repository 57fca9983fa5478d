"""The rules of the agenda that refuse, or that a closed conference rests on: without each, its own test fails."""

from functools import partial

from tests.removal import Removal

removal = partial(Removal, package="siko_agenda", folder="agenda")

REMOVALS = {
    "R13 protection of minors needs the youth welfare offices": removal(
        "domain/agenda.py",
        "if PROTECTION_OF_MINORS in areas and areas_without_youth_office:",
        "if False:",
        "r13",
    ),
    "R17 a topic area is a word": removal(
        "application/topics.py",
        'ensure_known("topic_area", command.topic_area, agendas.words("topic_area"))',
        "pass",
        "r17",
    ),
    "R19 an agenda begins with the situation picture": removal(
        "domain/agenda.py",
        "if items and items[0].topic_area == SECURITY_SITUATION:",
        "if True:",
        "r19",
    ),
    "R19 an agenda that begins otherwise has a reason": removal(
        "application/items.py",
        "ensure_reason(findings, command.override_reason)",
        "pass",
        "r19",
    ),
    "R20 topics are submitted until the deadline": removal(
        "domain/known_conference.py",
        "if self.deadline is not None and submitted_at > self.deadline:",
        "if False:",
        "r20",
    ),
    "R25 an outcome is a word": removal(
        "application/session.py",
        'ensure_known(f"outcomes.{number}.kind", entry.kind, words)',
        "pass",
        "r25",
    ),
    "R25 a need for action stays open": removal(
        "application/session.py", "if topic.leaves_need_open:", "if False:", "r25"
    ),
    "R26 an action is due after its agreement": removal(
        "domain/action.py", "if due_on <= on:", "if False:", "r26"
    ),
    "R27 the absent are not present at a discussion": removal(
        "application/session.py",
        'conference.ensure_not_absent(command.bodies_present, "bodies_present")',
        "pass",
        "r27",
    ),
    "R27 the absent do not consent at the table": removal(
        "domain/known_conference.py", "self.authority_id} - absent", "self.authority_id}", "r27"
    ),
    "R27 an absence that is learned later is a finding": removal(
        "application/policy.py", "topic.refute_presence(body_id)", "pass", "r27"
    ),
    "R27 an action that the absent agreed to is proposed again": removal(
        "application/policy.py", "action.void_consent(body_id)", "pass", "r27"
    ),
    "R27 its state falls back": removal(
        "domain/action.py",
        'self.consented_at_the_table.remove(body_id)\n        self.state = "PROPOSED"',
        "self.consented_at_the_table.remove(body_id)",
        "r27",
    ),
    "R27 what was consented to later stays": removal(
        "domain/action.py",
        "        if at_the_table:\n            self.consented_at_the_table.add(body_id)",
        "        self.consented_at_the_table.add(body_id)",
        "r27",
    ),
    "R28 courts lead administrative actions only": removal(
        "domain/action.py",
        'if lead_category == ORDINARY_COURT and not fields["administrative"]:',
        "if False:",
        "r28",
    ),
    "R29 an item that was never called is deferred": removal(
        "application/policy.py", "topic.defer_uncalled()", "pass", "r29"
    ),
    "R29 what was discussed is not deferred": removal(
        "domain/topic_submission.py", 'if self.state == "PLACED":', "if True:", "r29 or discuss"
    ),
    "no action after the conference is closed": removal(
        "application/session.py", "agenda.ensure_takes_actions()", "pass", "closed"
    ),
}
