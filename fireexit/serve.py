"""`fireexit serve`: the mock exchange for somebody else's client, with keys that work at once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fireexit.errors import UsageError
from loadgen.drive.job import Control, write_accounts
from loadgen.scenarios import ScenarioError, load_scenario
from mock_exchange.gateway.policies import UnknownPolicyError, close_policy, load_policy
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.plan import AccountPlan, access_for, deposit_from_text
from mock_exchange.process import CannotListenError, Listening, run_exchange

GUEST = "guest"
GUEST_DEPOSIT = "100000"


def serve_until_stopped(
    scenario: str,
    policy: str,
    bind: str,
    port: int,
    control_port: int,
    seed: int | None,
    accounts: Path | None,
    journal: Path | None,
    settings: Mapping[str, str],
) -> None:
    """Serve until Ctrl-C. `seed` None draws one, so that nobody can know the keys. The control port stays on
    loopback whatever `bind` says. Raises UsageError."""
    try:
        loaded = load_scenario(scenario, settings=settings)
        close_policy(load_policy(policy, loaded.policy_settings(policy)))
    except (ScenarioError, UnknownPolicyError) as error:
        raise UsageError(str(error)) from None
    plan = loaded.plan(policy, secrets.randbelow(1 << 53) if seed is None else seed, simulated=False)
    guest = AccountPlan(GUEST, deposit_from_text(GUEST_DEPOSIT))
    plan = replace(plan, accounts=(*plan.accounts, guest))

    def ready(listening: Listening) -> None:
        access = access_for(plan)
        if accounts is not None:
            control = Control(listening.control_port, listening.token)
            write_accounts(accounts, access, control, listening.url)
        print(f"exchange   {listening.url}  (scenario {loaded.name}, policy {policy})")
        print(f"metrics    http://127.0.0.1:{listening.control_port}/metrics")
        print(f"API key    {access[-1].api_key}")
        print(f"secret     {access[-1].secret}")
        print(f"account    {GUEST}, {GUEST_DEPOSIT} USDT; stop with Ctrl-C")
        sys.stdout.flush()

    try:
        run_exchange(plan, host=bind, port=port, control_port=control_port, journal_path=journal, ready=ready)
    except PolicyError as error:
        raise UsageError(f"policy {policy} failed: {error}") from None
    except CannotListenError as error:
        option = "--control-port" if error.is_control else "--port"
        raise UsageError(f"{error}; choose another with {option}") from None
    except OSError as error:
        raise UsageError(f"cannot write {error.filename}: {error.strerror}") from None
