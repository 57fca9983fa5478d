"""Commands on answer links: by one, a body answers without signing in. The token is told once, and only its hash stored."""

from siko_contracts.commands.invitations import AnswerByLink, IssueAnswerLink, RevokeAnswerLink
from siko_core.eventsourced.application import Saved

from siko_invitations.application import Invitations
from siko_invitations.application.answers import Told, record_answer, record_deputy
from siko_invitations.domain.answer_link import AnswerLink, AnswerToken, link_of
from siko_invitations.domain.participation import UNNAMED, Deputy, Origin


def issue_answer_link(invitations: Invitations, command: IssueAnswerLink) -> Saved:
    """Like a sealed text, the token is drawn anew where the decision is made again: the one that is told is the last."""
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    token = AnswerToken.make(invitations.id_for(command))
    invitation.issue_link(
        token.link_id, in_time=invitation_list.takes_answers(invitations.effective_at)
    )
    link = AnswerLink(
        authority_id=invitation.authority_id,
        link_id=token.link_id,
        conference_id=command.conference_id,
        body_id=command.body_id,
        secret_sha256=token.hash,
    )
    return invitations.save(invitation, link)._replace(told={"token": str(token)})


def revoke_answer_link(invitations: Invitations, command: RevokeAnswerLink) -> Saved:
    invitation_list = invitations.list_of(command.conference_id)
    invitation = invitations.invitation_of(invitation_list, command.body_id)
    invitation.revoke_links()
    return invitations.save(invitation)


def answer_by_link(invitations: Invitations, command: AnswerByLink) -> Saved:
    """Who has the token answers for the body, until the start; a wrong one is `UnknownAnswerLink`, whatever it names."""
    token = AnswerToken.parse(command.token)
    link = link_of(token, invitations.find(AnswerLink, token.link_id))
    invitation_list = invitations.list_of(link.conference_id)
    invitation = invitations.invitation_of(invitation_list, link.body_id)
    invitation.ensure_usable(link.id)
    told = Told("portal", command.comment, Origin(link_id=link.id))
    if command.answer != "deputy":
        return record_answer(invitations, invitation_list, invitation, command.answer, told)
    deputy = Deputy(function=command.function or UNNAMED, level=command.level)
    return record_deputy(invitations, invitation_list, invitation, deputy, command.name, told)
