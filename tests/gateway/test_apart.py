"""A policy in a process of its own: it decides as it would beside the gateway, fails in one line, and reaches
nothing that is ours."""

from __future__ import annotations

import gc
import hashlib
import inspect
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import jsonschema
import msgspec
import pytest

from fireexit import check
from mock_exchange.default_plan import default_plan
from mock_exchange.gateway.policies import (
    NAMES,
    Named,
    Policy,
    UnknownPolicyError,
    close_policy,
    code_of,
    load_policy,
)
from mock_exchange.gateway.policies.apart import confine, lines
from mock_exchange.gateway.policies.apart.complaints import Complaints
from mock_exchange.gateway.policies.apart.patience import Bounds
from mock_exchange.gateway.policies.apart.process import start
from mock_exchange.gateway.policies.hooks import PolicyError
from mock_exchange.gateway.policies.loading import CannotLoadError
from mock_exchange.gateway.policies.messages import World
from mock_exchange.plan import access_for, opening_places
from mock_exchange.tryout import TryOut
from run_records.run import APART, CONFINED, SHIPPED, TRUSTED
from tests import samples
from tests.gateway.test_boundary import CALM
from tests.gateway.test_mechanisms import traffic
from tests.samples import sample
from tests.support import venue_of
from tools.pages import protocol

WORLD = World(0, 0, 7, (4,), (), {})
PEEKS = """
    import ctypes, fcntl, os, resource, socket, signal
    from pathlib import Path
    from fireexit.policy import ADMIT

    def called(name, *arguments):
        if (result := getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)) < 0:
            raise OSError(ctypes.get_errno(), name)
        return result

    def shared():
        called("shmctl", called("shmget", 0, 4096, 0o600), 0, None)

    def by_a_file():
        read, write = os.pipe()
        fcntl.fcntl(read, fcntl.F_SETOWN, VICTIM)

    def ended_child():
        if SCOPED:
            child = os.posix_spawn("/bin/sleep", ["sleep", "60"], os.environ)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def in_a_child(call):
        if (child := os.fork()) == 0:
            try:
                call()
            except OSError:
                os._exit(1)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            raise OSError

    TRIES = {
        "the gateway's memory": lambda: open(f"/proc/{os.getppid()}/mem", "rb").close(),
        "its environment": lambda: open(f"/proc/{os.getppid()}/environ", "rb").read(),
        "its open files": lambda: os.listdir(f"/proc/{os.getppid()}/fd"),
        "a signal": lambda: os.kill(VICTIM, signal.SIGTERM),
        "a record": lambda: open(RECORD, "rb").read(),
        "a file written": lambda: Path(RECORD).with_name("new").write_text(""),
        "a file removed": lambda: os.remove(RECORD),
        "a connection": lambda: socket.create_connection(("127.0.0.1", PORT), 1).close(),
        "a datagram": lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", PORT)),
        "a local socket": lambda: socket.socket(socket.AF_UNIX).close(),
        "a pair that sends anywhere": lambda: socket.socketpair(type=socket.SOCK_DGRAM)[0].close(),
        "limits of another": lambda: resource.prlimit(VICTIM, resource.RLIMIT_CORE, (0, 0)),
        "its priority": lambda: os.setpriority(os.PRIO_PROCESS, VICTIM, 19),
        "its processors": lambda: os.sched_setaffinity(VICTIM, {0}),
        "its life": lambda: os.kill(VICTIM, 0),
        "a handle of it": lambda: os.close(os.pidfd_open(VICTIM)),
        "a group of its own": lambda: in_a_child(os.setsid),
        "shared memory": shared,
        "shared memory of another": lambda: called("shmctl", 0, 14, ctypes.create_string_buffer(256)),
        "a signal by a file": by_a_file,
        "its end with the gateway": lambda: called("prctl", 1, 0, 0, 0, 0),
        "a space of its own": lambda: in_a_child(lambda: called("unshare", 0x10000000)),
        "a watch on files": lambda: os.close(called("inotify_init1", 0)),
        "flags of a file": lambda: fcntl.ioctl(os.open(MINE, os.O_RDONLY), 0x40086602, bytes(8)),
        "a file's rights": lambda: os.chmod(RECORD, 0),
        "a file's time": lambda: os.utime(RECORD, (0, 0)),
        "a file's length": lambda: os.truncate(RECORD, 0),
        "a tag on a file": lambda: os.setxattr(RECORD, "user.x", b""),
        "the hidden": lambda: Path(RECORD).parents[1].joinpath(".key").read_text(),
        "a run deep down": lambda: Path(RECORD).parents[1].joinpath("a/b/c/verdict.json").read_text(),
        "keys of accounts": lambda: Path(RECORD).parents[1].joinpath("accounts.json").read_text(),
        "keys deep down": lambda: Path(RECORD).parents[1].joinpath("a/accounts.json").read_text(),
        "the hidden deep down": lambda: Path(RECORD).parents[1].joinpath("a/.env").read_text(),
        "what a link leads to": lambda: Path(RECORD).parents[1].joinpath("link/attempts.jsonl").read_text(),
        "a link to all": lambda: Path(RECORD).parents[1].joinpath("all/root").iterdir().__next__(),
    }
    OF_ITS_OWN = {
        "limits": lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, resource.getrlimit(resource.RLIMIT_NOFILE)
        ),
        "a signal": lambda: os.kill(os.getpid(), 0),
        "a pair": lambda: [end.close() for end in socket.socketpair()],
        "a child": lambda: in_a_child(int),
        "a child ended": ended_child,
        "chance": lambda: open("/dev/random", "rb", 0).read(1),
        "a file": lambda: Path(RECORD).parents[1].joinpath("table.json").read_text(),
        "a file deep down": lambda: Path(RECORD).parents[1].joinpath("a/table.json").read_text(),
    }

    class Peeks:
        def admit(self, request, node):
            reached = []
            for what, attempt in TRIES.items():
                try:
                    attempt()
                except OSError:
                    continue
                reached.append(what)
            for attempt in OF_ITS_OWN.values():
                attempt()
            raise RuntimeError(f"reached: {reached}")
"""


def speaking(tmp_path: Path, code: str, hooks: str = '["admit"]') -> str:
    """The name of a policy in another language: Python without us, its first answer given."""
    path = tmp_path / "other.py"
    head = f"""
        import json, sys, time
        def read():
            return json.loads(sys.stdin.readline())
        def say(**line):
            print(json.dumps(line), flush=True)
        say(id=read()["id"], answer={{"protocol": "fireexit.policy/1", "hooks": {hooks}}})
        """
    path.write_text(textwrap.dedent(head) + textwrap.dedent(code))
    return f"pipe:{shlex.join([sys.executable, str(path)])}"


def one_answer(policy: Policy) -> str:
    """What becomes of one order, or why nothing does."""
    try:
        return str(TryOut(policy, slots=4).opening())
    except PolicyError as error:
        return str(error)
    finally:
        close_policy(policy)


# -- the same decisions -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_decides_the_same_in_a_process_of_its_own(name: str) -> None:
    journals = []
    for where in (name, NAMES[name]):  # `module:Class` is not known to be ours
        venue, timeline = venue_of(policy="none", **CALM)
        policy = load_policy(where)
        venue.gateway.install(policy)
        traffic(venue, timeline, seconds=1.0, rate=300)
        journals.append(msgspec.json.encode(venue.journal.rows))
        venue.gateway.close()
    assert journals[0] == journals[1]


def test_it_asks_and_is_told_in_lines_that_follow_the_schema(tmp_path: Path) -> None:
    policy = load_policy(
        speaking(
            tmp_path,
            """
            answers = {"attach": None, "admit": {"act": "admit", "note": "mine"}, "keep": True, "rank": 3}
            for text in sys.stdin:
                sys.stderr.write(text)
                line = json.loads(text)
                if "id" in line:
                    say(id=line["id"], answer=answers[line["hook"]])
            """,
            '["attach", "admit", "admitted", "keep", "rank", "done"]',
        )
    )
    gate = TryOut(policy, slots=4, service_ms=5)
    assert [gate.opening() for _ in range(3)] == ["admitted"] * 3
    gate.run()
    policy._process._complaints.read()  # type: ignore[attr-defined]
    told = [json.loads(line) for line in policy._process._complaints._said.splitlines()]  # type: ignore[attr-defined]
    close_policy(policy)
    assert {line["hook"] for line in told} == {"attach", "admit", "admitted", "keep", "rank", "done"}
    assert {line.get("note", "mine") for line in told} == {"mine"}
    schema = lines.schema()
    for line in told:
        jsonschema.validate(line, {"anyOf": schema["lines"], "$defs": schema["$defs"]})
    jsonschema.validate(
        {"id": 4, "answer": {"act": "shed"}}, {"anyOf": schema["replies"], "$defs": schema["$defs"]}
    )


def test_a_policy_without_us_decides(tmp_path: Path) -> None:
    shed = 'say(id=read()["id"], answer={"act": "shed", "code": -1015})'
    assert one_answer(load_policy(speaking(tmp_path, shed))) == "-1015"


def test_the_page_has_the_schema() -> None:
    assert protocol.PAGE.read_text() == protocol.text(), "run `make redraw`"


@pytest.mark.large
def test_a_program_in_another_language_makes_the_same_run(tmp_path: Path) -> None:
    """To the byte, and it is said where it ran."""
    page = (protocol.PAGE.parent / "write-a-policy.md").read_text()
    (tmp_path / "exempt.js").write_text(re.findall(r"```js\n(.*?)```", page, re.S)[0])
    folders = []
    for number, policy in enumerate(("exempt", f"pipe:node {tmp_path}/exempt.js")):
        found = check(mode="sim", policy=policy, seed=7, replications=3, out=tmp_path / f"run-{number}")
        folders.append(found.folder)
    for file in folders[0].rglob("*.jsonl"):
        assert (folders[1] / file.relative_to(folders[0])).read_bytes() == file.read_bytes()
    assert json.loads((folders[1] / "run.json").read_text())["policy_code"] == code_of("pipe:x")


@pytest.mark.large
@pytest.mark.parametrize("scenario", ["mixed", "gaming-lane", "node-loss"])
def test_the_law_of_fire_exit_is_on_its_page(scenario: str, tmp_path: Path) -> None:
    """Written in another language from docs/fire-exit.md alone, it makes the same records."""
    other = f"pipe:node {Path(samples.__file__).with_name('fire_exit.js')}"
    journals = []
    for number, policy in enumerate(("fire-exit", other)):
        out = tmp_path / f"run-{number}"
        check(mode="sim", scenario=scenario, policy=policy, seed=5, replications=1, out=out)
        journals.append((out / "replication-00" / "journal.jsonl").read_bytes())
    assert journals[0] == journals[1]


def test_the_page_of_fire_exit_states_its_numbers() -> None:
    page = " ".join((protocol.PAGE.parent / "fire-exit.md").read_text().split())
    has = {
        name: parameter.default
        for name, parameter in inspect.signature(type(load_policy("fire-exit"))).parameters.items()
    }
    for sentence in (
        "`rate` and `burst` are {per_second:g} a second and {burst} for order 0, {resting_per_second:g} a "
        "second and {resting_burst} for the orders 1 and 2",
        "if waited ≤ {patience_ms:g} ms: L = min(c, L + 1/L)",
        "the last decrease is {patience_ms:g} ms ago or more",
        "shed it iff waited > {stale_ms:g} ms",
    ):
        assert sentence.format(**has) in page


# -- in one line --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "ended with status 0"),
        ("read(); sys.exit('nothing works')", "ended with status 1: nothing works"),
        ("read(); print('yes', flush=True); time.sleep(9)", "what is no answer"),
        ("read(); say(id=1, answer={'act': 'admit'}); time.sleep(9)", "answered to question 1 when asked"),
        ("say(id=read()['id'], answer={'act': 'maybe'}); time.sleep(9)", "what is no answer"),
        ("say(id=read()['id'], answer={'act': 'admit', 'prio': 1}); time.sleep(9)", "what is no answer"),
        ("say(id=read()['id'], answer={'act': 'shed', 'code': 5})", "5 is no code that the venue documents"),
        ("say(id=read()['id'])", "neither answer nor error"),
        ("read(); say(error='I am\\x1b[31m tired')", "I am\\x1b[31m tired"),
        (
            "read(); sys.stdout.write('x' * 3_000_000); sys.stdout.flush(); time.sleep(9)",
            "a line of more than",
        ),
        ("import os; read(); os.close(1); time.sleep(9)", "closed its standard output"),
    ],
)
def test_an_answer_that_is_none_fails_in_one_line(code: str, words: str, tmp_path: Path) -> None:
    told = one_answer(load_policy(speaking(tmp_path, code)))
    assert words in told
    assert "\n" not in told


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("read()\nwhile True: pass", "used more than 0.3 s of processor time for one answer"),
        ("read()\ntime.sleep(99)", "has not answered for 0.3 s"),
        (
            "read()\nwhile True: sys.stdout.write(' '); sys.stdout.flush(); time.sleep(0.05)",
            "has not answered for 0.3 s",
        ),
    ],
)
def test_an_answer_that_is_late_is_given_up(code: str, words: str, tmp_path: Path) -> None:
    policy = start(Named(speaking(tmp_path, code)), {})
    policy._process._bounds = Bounds(cpu_s=0.3, silence_s=0.3 if "sleep" in code else 99)
    assert one_answer(policy) == words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("", ""),
        ("going\nError rate is 0.1, going on\nlast words\n", "last words"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 1\n\nDuring …\n\n"
         "Traceback (most recent call last):\n  File x\nzip.BadZipFile: no zip\n", "zip.BadZipFile: no zip"),
        ("/x.js:3\nthrow new X()\n^\n\nTypeError: of no use\n    at y {\n  code: 1\n}\n\nNode.js v20\n",
         "TypeError: of no use"),
        ("thread 'main' panicked at x.rs:1:\nno slots\nnote: run with …\n", "no slots"),
    ],
)  # fmt: skip
def test_the_line_that_says_what_went_wrong(said: str, told: str) -> None:
    reading, writing = os.pipe()
    complaints = Complaints(reading)
    os.write(writing, said.encode())
    assert complaints.last() == told
    os.close(writing)
    assert complaints.last() == told
    os.close(reading)


def test_what_it_complains_of_never_stops_it(tmp_path: Path) -> None:
    """Megabytes of it, before and instead of an answer; the line that matters is told."""
    code = """
        for line in sys.stdin:
            sys.stderr.write("x" * 3_000_000 + "\\n")
            said = json.loads(line)
            if said["id"] > 20:
                sys.stderr.write("TypeError: of no use\\n    at Object\\n\\nNode.js v20.19.0\\n")
                sys.exit(1)
            say(id=said["id"], answer={"act": "admit"})
        """
    gate = TryOut(load_policy(speaking(tmp_path, textwrap.dedent(code))), slots=99)
    assert [gate.opening() for _ in range(18)] == ["admitted"] * 18
    with pytest.raises(PolicyError, match="ended with status 1: TypeError: of no use"):
        [gate.opening() for _ in range(9)]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pipe:", "has no command after pipe:"),
        ("pipe:'", "has no command after pipe:"),
        ("pipe:no-such-program x", "there is no program 'no-such-program'"),
        ("pipe:false", "ended with status 1"),
        ("pipe:cat", "what is no answer"),
        ('pipe:printf \'{"id":1,"error":"\\377"}\\n\'', "what is no answer"),
        ('pipe:echo \'{"id": 1, "answer": {"protocol": "x", "hooks": ["admit"]}}\'', "speaks 'x'"),
        (
            'pipe:echo \'{"id": 1, "answer": {"protocol": "fireexit.policy/1", "hooks": []}}\'',
            "lacks admit()",
        ),
        (
            'pipe:echo \'{"id": 1, "answer": {"protocol": "fireexit.policy/1", "hooks": ["x"]}}\'',
            "names hooks other than",
        ),
        ("nobody", "unknown policy 'nobody'"),
        ("no_module:Class", "cannot be loaded: No module named 'no_module'"),
    ],
)
def test_what_cannot_be_loaded_says_why(name: str, words: str) -> None:
    with pytest.raises(UnknownPolicyError, match=r".") as told:
        load_policy(name)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_after_a_failure_it_is_not_asked_again(tmp_path: Path) -> None:
    policy = load_policy(speaking(tmp_path, "read(); say(error='once'); time.sleep(9)"))
    gate = TryOut(policy, slots=4)
    for _ in range(2):
        with pytest.raises(PolicyError, match="once"):
            gate.opening()
    assert policy._process._child.poll() is not None  # type: ignore[attr-defined]


def test_one_that_ends_with_the_gateway_leaves_nothing_behind() -> None:
    policy = load_policy(NAMES["exempt"])
    child = policy._process._child  # type: ignore[attr-defined]
    assert child.poll() is None
    close_policy(policy)
    assert child.poll() is not None
    other = load_policy(NAMES["exempt"])
    child = other._process._child  # type: ignore[attr-defined]
    del other
    gc.collect()
    assert child.poll() is not None, "a policy that nobody holds any more has no process"


def test_another_policy_ends_the_one_before() -> None:
    venue, _ = venue_of(policy="none", **CALM)
    policy = load_policy(NAMES["exempt"])
    venue.gateway.install(policy)
    child = policy._process._child  # type: ignore[attr-defined]
    venue.gateway.install(load_policy("none"))
    assert child.poll() is not None


# -- what it can reach --------------------------------------------------------------------------------


def test_of_ours_it_has_the_messages_alone() -> None:
    """Neither engine nor records nor judge: there is nothing in the process to be patched."""
    code = """
        import sys
        from mock_exchange.gateway.policies.apart import host
        print(*sorted(name for name in sys.modules if name.split(".")[0] in
                      ("mock_exchange", "judging", "loadgen", "run_records", "fireexit")))
        """
    found = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    ).stdout.split()
    texts = ("bounds", "documents", "plain_files", "run", "schemas", "units", "words")
    allowed = {"mock_exchange", "mock_exchange.gateway", "run_records", *(f"run_records.{t}" for t in texts)}
    assert {n for n in found if not n.startswith("mock_exchange.gateway.policies")} <= allowed


def test_nothing_outside_can_be_reached(tmp_path: Path) -> None:
    """By the kernel's Landlock and seccomp. Without Landlock it is kept from less, and a verdict says so."""
    known = confine.version()
    record = tmp_path / "run" / "attempts.jsonl"
    record.parent.mkdir()
    (record.parent / "run.json").write_text("{}")
    record.write_text("secret")
    (tmp_path / ".key").write_text("secret")
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "run.json").write_text("{}")
    (tmp_path / "a" / "b" / "c" / "verdict.json").write_text("{}")
    (tmp_path / "accounts.json").write_text('{"schema":"fireexit.accounts/1"}')
    (tmp_path / "a" / ".env").write_text("secret")
    (tmp_path / "a" / "accounts.json").write_text('{"schema":"fireexit.accounts/1"}')
    (tmp_path / "link").symlink_to(record.parent)
    (tmp_path / "all").symlink_to("/")
    for place in (tmp_path, tmp_path / "a"):
        (place / "table.json").write_text("{}")
    victim = subprocess.Popen(["sleep", "60"])
    listener = socket.create_server(("127.0.0.1", 0))
    names = f"VICTIM, RECORD, PORT = {victim.pid}, {str(record)!r}, {listener.getsockname()[1]}\n"
    names += f"MINE, SCOPED = {str(tmp_path / 'table.json')!r}, {known >= confine.SCOPED}\n"
    path = tmp_path / "peeks.py"
    path.write_text(names + textwrap.dedent(PEEKS))
    try:
        if known:
            assert one_answer(load_policy(str(path))).startswith("admit() raised RuntimeError: reached: [] ")
            assert record.read_text() == "secret"
        assert victim.poll() is None
        beside = f"""
            from mock_exchange.gateway.policies import load_policy
            from mock_exchange.tryout import TryOut
            TryOut(load_policy("trust:{path}"), slots=4).opening()
            """
        found = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(beside)], capture_output=True, text=True, check=False
        )
        assert "a record" in found.stderr, "beside the gateway the same policy reaches something"
    finally:
        victim.kill()
        victim.wait()
        listener.close()


def test_a_folder_of_many_files_and_odd_names(tmp_path: Path) -> None:
    folder = tmp_path / "co:lon and space"
    folder.mkdir()
    for number in range(2_000):
        (folder / f"a-file-with-quite-a-long-name-in-a-long-list-of-files-{number}.txt").touch()
    path = sample("opens.py", folder)
    assert one_answer(load_policy(str(path))) == one_answer(load_policy(f"{path}:Open")) == "admitted"
    assert Named(str(path)).files == Named(f"{path}:Open").files == [path]
    assert Named(f"trust:{path}").fingerprint() == Named(str(path)).fingerprint()


def test_every_file_of_a_command_is_in_its_fingerprint(tmp_path: Path) -> None:
    program, table = tmp_path / "run.sh", tmp_path / "table.json"
    program.write_text("exec cat")
    table.write_text("1")
    found = {Named(f"pipe:sh {program} {table}").fingerprint(), Named(f"pipe:sh {program}").fingerprint()}
    table.write_text("2")
    found.add(Named(f"pipe:sh {program} {table}").fingerprint())
    assert len(found) == 3
    assert hashlib.sha256(program.read_bytes()).hexdigest() in found
    assert Named("pipe:cat -u").fingerprint() is None


def test_a_program_s_own_folder_can_be_read(tmp_path: Path) -> None:
    """Nothing above it: that may be somebody's home."""
    program = tmp_path / "bin" / "mine"
    program.parent.mkdir()
    (program.parent / "table").write_text("")
    (tmp_path / "notes").write_text("")
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\nopen(os.path.dirname(__file__) + '/table')\n"
        "try: open(os.path.dirname(__file__) + '/../notes'); word = 'both'\n"
        "except OSError: word = 'the table alone'\n"
        "print(json.dumps({'error': word}), flush=True)"
    )
    program.chmod(0o700)
    with pytest.raises(UnknownPolicyError, match="the table alone" if confine.version() else "both"):
        load_policy(f"pipe:{program}")


def test_the_name_says_where_the_code_runs() -> None:
    assert code_of("exempt") == SHIPPED
    assert code_of("trust:mine.py") == TRUSTED
    apart = CONFINED if confine.version() else APART
    assert code_of("mine.py") == code_of("pipe:node mine.js") == apart
    assert Named("trust:a/b/mine.py:Mine").public == "trust:mine.py:Mine"
    assert Named("pipe:/usr/bin/node a/b/mine.js -x").public == "pipe:node mine.js -x"
    assert Named("exempt").trusted() == Named("exempt")
    assert Named("mine.py").trusted().name == "trust:mine.py"


def test_what_a_policy_is_told_of_an_account_says_nothing_of_its_role() -> None:
    """Its number and its address are drawn from the seed."""
    plans = [default_plan(accounts=40, seed=seed) for seed in (1, 2)]
    first, second = (opening_places(plan) for plan in plans)
    assert sorted(first) == sorted(second) == list(range(40))
    assert first != second
    assert first != sorted(first)
    assert len({access.source for access in access_for(plans[0])}) == 40


def test_environment_and_hash_seed_are_the_same_everywhere(tmp_path: Path) -> None:
    code = "read(); say(error=json.dumps([__import__('os').environ['PYTHONHASHSEED'], hash('x')]))"
    first, second = (one_answer(load_policy(speaking(tmp_path, code))) for _ in range(2))
    assert first == second
    assert first.startswith('["0", ')


def test_a_policy_that_refuses_its_parameters_says_so() -> None:
    with pytest.raises(CannotLoadError, match="refused its parameters"):
        start(Named(NAMES["reserved"]), {"slots": -1})
