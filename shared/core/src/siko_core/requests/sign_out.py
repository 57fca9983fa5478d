"""Handles requests to sign a token out: the service that receives one answers on behalf of all."""

from siko_contracts.messages import SIGN_OUT, SIGNOUTS
from siko_contracts.sign_out import SignedOut, SignOut

from siko_core.identity.guard import Guard
from siko_core.requests.broker import Broker


def serve_sign_outs(broker: Broker, guard: Guard) -> None:
    async def handle(_: SignOut) -> SignedOut:  # the token is in the headers
        await guard.sign_out()
        return SignedOut()

    broker.serve(SIGN_OUT, queue=SIGNOUTS, model=SignOut, handle=handle, door=guard.signing_out())
