"""R12: a school office is invited through the district government competent for it, by no other way."""

from siko_contracts.values import CompetentBody

from siko_invitations.domain.refusals import DirectToSchoolOffice, WrongDistrict

SCHOOL_OFFICE = "school_office"


def ensure_not_direct(body: CompetentBody) -> None:
    if body.category == SCHOOL_OFFICE and (body.route == "direct" or body.via is None):
        raise DirectToSchoolOffice(body_id=body.body_id)


def ensure_district(body: CompetentBody, district: str) -> None:
    """The competent district government is that of the district in which the inviting authority lies."""
    if body.category == SCHOOL_OFFICE and body.via != district:
        raise WrongDistrict(body_id=body.body_id, via=district)
