"""Who works for a merchant, and who acts for a customer."""

from collections.abc import Callable
from typing import Any

from chalicelib.kit.auth import Role
from tests.e2e.town import Person, Town

Good = Callable[..., Any]


class TeamWalk:
    """A merchant's team; `ids`, the values of path parameters, are added to."""

    def __init__(
        self, town: Town, good: Good, fresh: Callable[[], dict[str, str]], merchant: Person, ids: dict[str, str]
    ) -> None:
        self.town, self.good, self.fresh, self.merchant, self.ids = town, good, fresh, merchant, ids

    def go(self) -> None:
        """One comes and goes, one is asked no more, one turns it down, one leaves."""
        first = self._joined()
        self.good("team_set_role", self.merchant, {"role": "manager"}, account_id=first.id)
        self.good("team_team", self.merchant)
        self.good("team_remove", self.merchant, account_id=first.id)
        second = self._joined()
        self.good("team_leave", second, merchant_id=self.merchant.id)
        self.good("team_take_back", self.merchant, invitation_id=self._asked(self.town.person()))
        third = self.town.person()
        asked = self._asked(third)
        assert [one["id"] for one in self.good("team_invitations", third)["items"]] == [asked]
        self.good("team_decline", third, invitation_id=asked)
        self.ids["invitation_id"] = self._asked(third)
        agent = self.town.person(Role.SUPPORT)
        acting = self.good("support_act", agent, {"customer_id": third.id, "reason": "Asked on the phone."})
        self.good("orders_mine", headers={"Authorization": f"Bearer {acting['access_token']}"})

    def _joined(self) -> Person:
        person = self.town.person()
        self.good("team_accept", person, invitation_id=self._asked(person))
        return person

    def _asked(self, person: Person) -> str:
        wish = {"phone": person.phone, "role": "staff", "name": "阿玲"}
        made: str = self.good("team_invite", self.merchant, wish, headers=self.fresh())["id"]
        return made
