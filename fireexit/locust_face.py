"""What a Locust process asks of us: to prepare a run from its options, and to judge what it has recorded."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from fireexit.main_path import judge_report_seal
from fireexit.prepare import prepare_run
from judging.contracts import contract_names
from judging.report.terminal import render_verdict
from judging.run import one_by_one
from loadgen.drive.face import Asked, Judged
from loadgen.run_spec import RunSpec
from run_records.run import LOAD


class LocustFace:
    """For the run that a Locust process was asked for by its own options or its web form."""

    def contracts(self) -> list[str]:
        return contract_names()

    def prepare(self, asked: Asked) -> RunSpec:
        """Raises UsageError."""
        return prepare_run(
            asked.scenario,
            asked.policy,
            asked.contract,
            LOAD,
            asked.seed,
            asked.duration_s,
            settings={} if asked.rate == 1.0 else {"rate": asked.rate},
        )

    def judge(self, spec: RunSpec, folder: Path) -> Judged:
        result = judge_report_seal(spec, folder, one_by_one)
        return Judged(result.document, result.digest, result.exit_status)

    def show(self, judged: Judged, folder: Path) -> None:
        render_verdict(judged.document, Console(file=sys.stdout, highlight=False, width=160))
        print(f"records: {folder}")
        print(f"digest:  {judged.digest}")
