"""`fireexit serve`: the mock exchange for somebody else's client, with keys that work at once."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fireexit.errors import UsageError
from loadgen.drive.job import Control, write_accounts
from loadgen.scenarios import ScenarioError, load_scenario
from mock_exchange.gateway.policies import NAMES, UnknownPolicyError, close_policy, load_policy
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.plan import AccountPlan, Plan, access_for, deposit_from_text
from mock_exchange.process import (
    CannotGoOnError,
    CannotListenError,
    Listening,
    ProcessOptions,
    Resumable,
    run_exchange,
)
from mock_exchange.recovery.bookmark import key_is_there
from mock_exchange.recovery.past import Past, open_past
from mock_exchange.recovery.state_file import Asked, VenueState, state_path
from run_records.scaled import MONEY_PRECISION, format_trimmed
from run_records.schemas import UnreadableError

GUEST = "guest"
GUEST_DEPOSIT = "100000"


@dataclass(frozen=True)
class ServeOptions:
    """What the command was told. `scenario`, `policy` and `seed` are None where it was not.

    A `seed` that is None is drawn, so that nobody can know the keys. The control port stays on loopback
    whatever `bind` says. A `journal` is a new file unless its venue is to go on (`resume`). It is set aside
    by runs, and where it has grown to `rotate_mb` (10⁶ bytes); of those that are, `keep` stay, or all.
    """

    scenario: str | None
    policy: str | None
    bind: str
    port: int
    control_port: int
    seed: int | None
    accounts: Path | None
    journal: Path | None
    resume: bool
    durable: bool
    keep: int | None
    rotate_mb: int | None
    settings: Mapping[str, str]


DEFAULT_SCENARIO, DEFAULT_POLICY = "mixed", "exempt"


def serve_until_stopped(options: ServeOptions) -> None:
    """Serve until Ctrl-C. Raises UsageError."""
    if options.journal is None and (
        options.resume or options.durable or options.keep is not None or options.rotate_mb is not None
    ):
        raise UsageError(
            "--resume, --durable, --keep and --rotate-mb are about a journal: name its file with --journal"
        )
    options = _where_it_lies(options)
    past = _past(options)
    asked = past.state.asked if past is not None else _asked(options)
    plan = past.plan if past is not None else _plan(asked)
    policy = past.policy if past is not None else plan.policy
    journal = None
    if options.journal is not None:
        state = past.state if past is not None else VenueState(asked)
        journal = Resumable(
            options.journal, state, past, options.keep, options.rotate_mb and options.rotate_mb * 10**6
        )

    def ready(listening: Listening) -> None:
        access = access_for(plan)
        if options.accounts is not None:
            control = Control(listening.control_port, listening.token)
            write_accounts(options.accounts, access, control, listening.url)
        print(f"exchange   {listening.url}  (scenario {asked.scenario}, policy {policy})")
        print(f"metrics    http://127.0.0.1:{listening.control_port}/metrics")
        if access:
            print(f"API key    {access[-1].api_key}")
            print(f"secret     {access[-1].secret}")
            deposit = format_trimmed(plan.accounts[-1].deposit, MONEY_PRECISION)
            print(f"account    {access[-1].account}, {deposit} USDT; stop with Ctrl-C")
        if past is not None:
            print(_went_on(past))
        sys.stdout.flush()

    process = ProcessOptions(
        options.bind, options.port, options.control_port, journal, durable=options.durable
    )
    try:
        run_exchange(plan, process, ready)
    except (PolicyError, UnknownPolicyError) as error:
        raise UsageError(f"policy {policy} failed: {error}") from None
    except CannotGoOnError as error:
        raise UsageError(f"cannot go on from {options.journal}: {error}") from None
    except CannotListenError as error:
        option = "--control-port" if error.is_control else "--port"
        raise UsageError(f"{error}; choose another with {option}") from None
    except FileExistsError as error:
        raise UsageError(_in_the_way(error.filename, resume=options.resume)) from None
    except OSError as error:
        raise UsageError(f"cannot write {error.filename or options.journal}: {error.strerror}") from None


def _where_it_lies(options: ServeOptions) -> ServeOptions:
    """A journal that is a link is kept where that leads, with all that lies beside it. Raises UsageError
    where a venue could not go on later: its journal was taken away, or no bookmark can be made."""
    journal = options.journal
    if journal is None:
        return options
    if journal.is_symlink() and journal.exists():
        journal = journal.resolve()
    if not journal.exists() and (state := state_path(journal)).exists():
        raise UsageError(
            f"{journal.name} is not there, and {state.name} holds the keys of its venue: put the journal "
            "back, or remove the state to begin another venue"
        )
    if options.rotate_mb is not None and options.keep is not None:
        try:
            key_is_there()
        except OSError as error:
            raise UsageError(
                f"--rotate-mb with --keep needs a place for a key of yours, and {error.filename} cannot be "
                f"written ({error.strerror}): set XDG_STATE_HOME to a folder that stays"
            ) from None
    return replace(options, journal=journal)


def _asked(options: ServeOptions) -> Asked:
    return Asked(
        options.scenario or DEFAULT_SCENARIO,
        options.policy or DEFAULT_POLICY,
        options.seed,
        dict(options.settings),
    )


def _plan(asked: Asked) -> Plan:
    """The scenario's venue with an account for a guest. Raises UsageError."""
    try:
        loaded = load_scenario(asked.scenario, settings=asked.settings)
        close_policy(load_policy(asked.policy, loaded.policy_settings(asked.policy)))
    except (ScenarioError, UnknownPolicyError) as error:
        raise UsageError(str(error)) from None
    seed = secrets.randbelow(1 << 53) if asked.seed is None else asked.seed
    plan = loaded.plan(asked.policy, seed, simulated=False)
    guest = AccountPlan(GUEST, deposit_from_text(GUEST_DEPOSIT))
    return replace(plan, accounts=(*plan.accounts, guest))


def _past(options: ServeOptions) -> Past | None:
    """What there is to go on from; None where a new venue begins. Raises UsageError."""
    journal = options.journal
    if journal is None or not options.resume:
        return None
    try:
        past = open_past(journal) if journal.exists() else None
    except UnreadableError as error:
        raise UsageError(f"cannot go on from {journal}: {error}") from None
    except OSError as error:
        why = error.strerror or str(error)
        if error.filename and Path(error.filename) == state_path(journal):
            why = f"its keys were kept in {state_path(journal).name}, which cannot be read ({why})"
        raise UsageError(f"cannot go on from {journal}: {why}") from None
    if past is None:
        return None
    try:
        _check_same(options, past, journal)
    except UsageError:
        past.file.close()
        raise
    return past


def _check_same(options: ServeOptions, past: Past, journal: Path) -> None:
    """The same command line goes on with what it began; another one is refused. Raises UsageError."""
    began = past.state.asked
    settings = dict(options.settings)
    for option, asked, found in (
        ("scenario", options.scenario, began.scenario),
        ("policy", options.policy, began.policy),
        ("seed", options.seed, began.seed),
        ("set", settings or None, began.settings),
    ):
        if asked is not None and asked != found and (option, asked) != ("policy", past.policy):
            was = "otherwise" if option in ("seed", "set") else f"with --{option} {found}"
            raise UsageError(f"{journal} was begun {was}: leave --{option} out, or begin a new file")
    # The code of a policy comes from the command line alone, never from a file that somebody may hand over.
    if past.policy not in NAMES and past.policy != options.policy:
        raise UsageError(
            f"the venue in {journal} runs the policy {past.policy!r}, which is not one of ours: name it with "
            "--policy, if you know its code"
        )


def _in_the_way(file: str, *, resume: bool) -> str:
    if resume:
        return f"{file} cannot be opened, and something of that name is there: a link that leads nowhere?"
    return (
        f"{file} is there already and is not overwritten: go on from it with --resume, or name another file"
    )


def _went_on(past: Past) -> str:
    """What the journal held, in a line."""
    story = past.story
    if story is None:
        return "resumed    from the beginning: the process before had ended before the venue was open"
    lost = f"{len(story.unanswered)} admitted without an answer, listed as lost"
    torn = f"; {past.cut_bytes} bytes of a torn row cut off" if past.cut_bytes else ""
    return f"resumed    after {story.commands} commands; {lost}{torn}"
