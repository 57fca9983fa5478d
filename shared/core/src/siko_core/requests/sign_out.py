"""Handles requests to sign a token out: the service that receives one answers on behalf of all."""

from typing import Any

from faststream.nats import NatsBroker
from siko_contracts.messages import SIGN_OUT, SIGNOUTS
from siko_contracts.sign_out import SignedOut, SignOut

from siko_core.identity.guard import Guard
from siko_core.requests.subscriber import subscriber


def serve_sign_outs(broker: NatsBroker, guard: Guard) -> None:
    async def handle(request: Any) -> SignedOut:  # noqa: ARG001 - the token is in the headers
        await guard.sign_out()
        return SignedOut()

    handle.__annotations__["request"] = SignOut
    description = SignOut.__doc__ or ""
    subscriber(broker, SIGN_OUT, SIGNOUTS, description, guard.signing_out())(handle)
