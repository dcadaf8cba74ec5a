"""`python -m mock_exchange`: the exchange alone, for any client.

Without a plan it is a calm venue on all symbols with a few funded accounts. The first line on standard
output is JSON: where it listens, the control port and its token, and the accounts' keys.
"""

from __future__ import annotations

import argparse
import ssl
import sys
from dataclasses import asdict
from pathlib import Path

import orjson

from mock_exchange import EXIT_RECORDS_LOST, tls
from mock_exchange.default_plan import DEPOSIT_USDT, default_plan
from mock_exchange.errors import EPOCH_CURRENT, EPOCHS, Refused
from mock_exchange.gateway.policies import UnknownPolicyError, close_policy, load_policy
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.plan import Plan, access_for
from mock_exchange.process import Listening, ProcessOptions, run_exchange
from run_records.lines import RecordsLostError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mock_exchange", description=__doc__)
    parser.add_argument("--plan", type=Path, help="a fireexit.plan/1 document instead of the calm venue")
    parser.add_argument("--epoch", choices=EPOCHS, default=EPOCH_CURRENT, help="which rules are in force")
    parser.add_argument("--policy", default="exempt", help="admission policy (default: %(default)s)")
    parser.add_argument("--accounts", type=int, default=2, help="number of accounts (default: %(default)s)")
    parser.add_argument("--deposit", type=int, default=DEPOSIT_USDT, help="USDT each (default: %(default)s)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--journal", type=Path, help="write every outcome to this file")
    parser.add_argument(
        "--tls", type=Path, metavar="CA.PEM", help="TLS with a throwaway authority, written to this file"
    )
    parser.add_argument("--tls-cert", type=Path, help="TLS with this certificate (PEM)")
    parser.add_argument("--tls-key", type=Path, help="and this key (PEM)")
    parser.add_argument("--hold", action="store_true", help="nothing of the plan happens before POST /start")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when stdin ends")
    return parser


def main() -> int:
    options = _parser().parse_args()
    try:
        plan = _plan(options)

        def announce(listening: Listening) -> None:
            accounts = [asdict(access) for access in access_for(plan)]
            line = {**asdict(listening), "url": listening.url, "accounts": accounts}
            sys.stdout.buffer.write(orjson.dumps(line) + b"\n")
            sys.stdout.buffer.flush()

        process = ProcessOptions(
            host=options.host,
            port=options.port,
            control_port=options.control_port,
            journal=options.journal,
            exit_with_parent=options.exit_with_parent,
            hold=options.hold,
            tls=_context(options),
        )
        run_exchange(plan, process, announce)
    except FileExistsError as error:
        return _complain(f"{error.filename} is there already and is not overwritten")
    except KeyError as error:
        return _complain(f"the plan lacks {error.args[0]!r}")
    except Refused as refusal:
        return _complain(f"the plan cannot be seeded: an order of it is refused with {refusal.code}")
    except (OSError, ValueError, TypeError, OverflowError, UnknownPolicyError, PolicyError) as error:
        return _complain(str(error))
    except RecordsLostError as error:
        return _complain(str(error), EXIT_RECORDS_LOST)
    return 0


def _complain(reason: str, status: int = 2) -> int:
    print(f"mock_exchange: {reason}", file=sys.stderr)
    return status


def _plan(options: argparse.Namespace) -> Plan:
    if not all(0 <= port <= 65_535 for port in (options.port, options.control_port)):
        raise ValueError("ports are from 0 to 65535")
    if options.plan is not None:
        return Plan.from_dict(orjson.loads(options.plan.read_bytes()))
    close_policy(load_policy(options.policy, {}))
    return default_plan(
        accounts=options.accounts, deposit_usdt=options.deposit, epoch=options.epoch, policy=options.policy
    )


def _context(options: argparse.Namespace) -> ssl.SSLContext | None:
    if (options.tls_cert is None) != (options.tls_key is None):
        raise ValueError("--tls-cert and --tls-key go together")
    if options.tls_cert is not None:
        return tls.from_files(options.tls_cert, options.tls_key)
    return tls.throwaway(options.tls, options.host) if options.tls is not None else None


if __name__ == "__main__":
    sys.exit(main())
