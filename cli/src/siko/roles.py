"""Roles that a client command can act in: `secretariat@pp-koeln`, `partner:leadership@stadt-koeln`, `auditor`."""

from dataclasses import dataclass
from typing import get_args

from siko_contracts.access import AT_AN_AUTHORITY, Role
from siko_contracts.values import NRW

from siko.key_values import did_you_mean
from siko.output import wrong_usage

ROLES: tuple[str, ...] = get_args(Role)
FORM = "ROLE@ID, or ROLE:FUNCTION@ID"


@dataclass(frozen=True)
class SignIn:
    """A role held for an authority or a body; `function` is the actor's function in events."""

    role: str
    held_for: str
    function: str

    @classmethod
    def parse(cls, text: str) -> "SignIn":
        """Parse `ROLE@ID` or `ROLE:FUNCTION@ID`. Raises Failure (exit code 2) if the form or the role is wrong."""
        who, _, held_for = text.partition("@")
        role, _, function = who.partition(":")
        if role not in ROLES:
            raise wrong_usage(
                f"there is no role {role!r}{did_you_mean(role, ROLES)}; say {FORM}",
                known=", ".join(ROLES),
            )
        if not held_for and role in {*AT_AN_AUTHORITY, "partner"}:
            raise wrong_usage(f"{role} acts for somebody: say {role}@ID, such as {EXAMPLES[role]}")
        return cls(role, held_for or NRW, function or role)

    @property
    def actor(self) -> str:
        return f"{self.function}@{self.held_for}"

    @property
    def claims(self) -> dict[str, str]:
        """Return the claims of its token."""
        held = "authority_id" if self.role in AT_AN_AUTHORITY else "body_id"
        return {"role": self.role, "function": self.function, held: self.held_for}

    def __str__(self) -> str:
        function = "" if self.function == self.role else f":{self.function}"
        return f"{self.role}{function}@{self.held_for}"


EXAMPLES = {
    "secretariat": "secretariat@pp-koeln",
    "convenor": "convenor@pp-koeln",
    "minute_taker": "minute_taker@pp-koeln",
    "partner": "partner@stadt-koeln",
}
DEMO = (*EXAMPLES.values(), "ministry", "auditor", "operator", "service")
"""Examples that `siko login` shows: one of each role, as in the demo."""
AUDITOR = SignIn.parse("auditor")
"""Reads everything."""
OPERATOR = SignIn.parse("operator")
IMPORT = SignIn.parse("service:import")
CLOCK = SignIn.parse("service:clock")
