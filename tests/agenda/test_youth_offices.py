"""R13: protection of minors is on no agenda while a youth welfare office of a covered area is not invited."""

import pytest
from siko_contracts.commands import agenda as commands
from siko_contracts.events.invitations import (
    InvitationSent,
    InvitationsReleased,
    InvitationWithdrawn,
)
from siko_contracts.events.scheduler import ConferenceRescheduled
from siko_contracts.values import AcceptedGap, AreaCoverage

LATER = "2025-06-01T09:00:00+02:00"


class TestR13ProtectionOfMinors:
    """Not released while a youth welfare office of a covered area was neither invited nor accepted as a gap."""

    @pytest.fixture
    def office(self, empty_office):
        empty_office.hear_of_bodies()
        empty_office.schedule()
        topic_id = empty_office.submit(body_id="pp-koeln", topic_area="protection_of_minors")
        empty_office.do(commands.AcceptTopic(topic_id=topic_id))
        empty_office.do(empty_office.placing(topic_id, 1))
        return empty_office

    def assert_missing(self, office, release, *areas):
        code, details = office.refuses(release)
        assert (code, details) == ("YouthOfficeMissing", {"areas": list(areas)})

    def test_r13_before_any_invitation_every_office_is_missing(self, office, release):
        self.assert_missing(office, release, "Köln", "Leverkusen")

    def test_r13_with_all_offices_invited_it_goes_out(self, office, release):
        office.release_invitations()

        office.do(release)

    def test_r13_one_covered_area_without_its_office_is_enough(self, office, release):
        office.release_invitations("jugendamt-leverkusen")

        self.assert_missing(office, release, "Leverkusen")

    def test_r13_another_missing_body_hinders_nothing(self, office, release):
        office.release_invitations("sta-koeln")

        office.do(release)

    @pytest.mark.parametrize(
        "gap",
        [
            AcceptedGap(area="Leverkusen"),
            AcceptedGap(category="youth_welfare_office"),
            AcceptedGap(area="Leverkusen", body_id="jugendamt-leverkusen"),
        ],
    )
    def test_r13_an_accepted_gap_lets_it_out(self, office, release, gap):
        office.release_invitations("jugendamt-leverkusen", accepted=(gap,))

        office.do(release)

    @pytest.mark.parametrize(
        "gap",
        [
            AcceptedGap(area="Köln"),
            AcceptedGap(category="customs"),
            AcceptedGap(body_id="jugendamt-koeln"),
        ],
    )
    def test_r13_an_acceptance_of_something_else_does_not(self, office, release, gap):
        office.release_invitations("jugendamt-leverkusen", accepted=(gap,))

        self.assert_missing(office, release, "Leverkusen")

    def test_r13_an_office_invited_later_closes_the_gap(self, office, release):
        office.release_invitations("jugendamt-leverkusen")
        office.hear(
            InvitationSent,
            conference_id=office.conference_id,
            body_id="jugendamt-leverkusen",
            category="youth_welfare_office",
            areas=("Leverkusen",),
        )

        office.do(release)

    def test_r13_an_office_whose_invitation_is_withdrawn_is_missing_again(self, office, release):
        office.release_invitations()
        office.hear(
            InvitationWithdrawn,
            conference_id=office.conference_id,
            body_id="jugendamt-koeln",
        )

        self.assert_missing(office, release, "Köln")

    def test_r13_an_area_without_a_registered_office_is_a_gap_too(self, office, release):
        gap = {"code": "NoBodyRegistered", "rule": "R8", "category": "youth_welfare_office"}
        coverage = [
            AreaCoverage.model_validate({"area": area, "counts": True, "gaps": [gap]})
            for area in ("Köln", "Leverkusen")
        ]
        accepted = AcceptedGap(area="Köln")
        office.hear(
            InvitationsReleased,
            conference_id=office.conference_id,
            areas=coverage,
            accepted_gaps=[accepted],
        )

        self.assert_missing(office, release, "Leverkusen")
        invitation = {"conference_id": office.conference_id, "areas": ("Leverkusen",)}
        office.hear(
            InvitationSent,
            body_id="stadt-leverkusen",
            category="administration",
            **invitation,
        )
        self.assert_missing(office, release, "Leverkusen")
        office.hear(
            InvitationSent,
            body_id="jugendamt-neu",
            category="youth_welfare_office",
            **invitation,
        )
        office.do(release)

    def test_r13_an_area_that_a_new_date_brings_needs_a_new_list(self, office, release):
        office.release_invitations()
        office.schedule(areas=("Köln", "Leverkusen", "Bonn"), event=ConferenceRescheduled, at=LATER)

        self.assert_missing(office, release, "Bonn")

    def test_r13_a_supplement_is_held_to_it_as_well(self, office, release):
        office.release_invitations()
        office.do(release)
        office.hear(
            InvitationWithdrawn,
            conference_id=office.conference_id,
            body_id="jugendamt-koeln",
        )
        office.placed_topic(number=2)

        self.assert_missing(office, release, "Köln")


def test_r13_other_topics_go_out_without_the_offices(empty_office, release):
    empty_office.hear_of_bodies()
    empty_office.schedule()
    empty_office.release_invitations("jugendamt-koeln")
    empty_office.placed_topic()

    empty_office.do(release)


def test_r13_a_motorway_conference_needs_a_list_and_no_youth_office(empty_office, release):
    empty_office.schedule(areas=(), kind="siko_ap")
    topic_id = empty_office.submit(body_id="pp-koeln", topic_area="protection_of_minors")
    empty_office.do(commands.AcceptTopic(topic_id=topic_id))
    empty_office.do(empty_office.placing(topic_id, 1))
    code, details = empty_office.refuses(release)
    assert (code, details) == ("YouthOfficeMissing", {"areas": [None]})
    empty_office.hear(
        InvitationsReleased,
        conference_id=empty_office.conference_id,
        areas=[AreaCoverage(area=None, counts=True)],
    )

    empty_office.do(release)
