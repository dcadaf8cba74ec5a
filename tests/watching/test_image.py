"""The image builds with Debian's buildah, from a Debian made here, and its exchange answers as no root."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.watching.programs import ROOT, fetch, free_port, program, running, wait_for

pytestmark = [pytest.mark.realtime, pytest.mark.watching, pytest.mark.large]
BASE, IMAGE = "localhost/fireexit-base", "localhost/fireexit-exchange:test"
PACKAGES = "python3,python3-venv,ca-certificates"
UID = 10001
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class Buildah:
    """Buildah with a store of its own, no daemon and no overlay."""

    def __init__(self, folder: Path) -> None:
        self.command = [
            program("buildah"),
            "--root",
            str(folder / "store"),
            "--runroot",
            str(folder / "run"),
            "--storage-driver",
            "vfs",
        ]

    def __call__(self, *arguments: str) -> str:
        result = subprocess.run(
            [*self.command, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "BUILDAH_ISOLATION": "chroot"},
        )
        assert result.returncode == 0, result.stderr[-3000:]
        return result.stdout.strip()


def base_image(buildah: Buildah, folder: Path) -> None:
    """A small Debian that trusts what this machine trusts, in the place of python:3.11-slim."""
    root = folder / "debian"
    result = subprocess.run(
        [program("debootstrap"), "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:]
    shutil.copy(CERTIFICATES, root / CERTIFICATES[1:])
    (root / "etc" / "pip.conf").write_text(f"[global]\ncert = {CERTIFICATES}\n", encoding="utf-8")
    container = buildah("from", "scratch")
    buildah("add", "-q", container, str(root), "/")
    buildah("commit", "-q", container, BASE)
    buildah("rm", container)


def test_the_image_builds_and_its_exchange_answers(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("debootstrap needs root")
    buildah = Buildah(tmp_path)
    base_image(buildah, tmp_path)
    buildah(
        "bud",
        "--isolation",
        "chroot",
        "--network",
        "host",
        "--build-arg",
        f"BASE={BASE}",
        "--target",
        "exchange",
        "-t",
        IMAGE,
        ".",
    )
    config = json.loads(buildah("inspect", "--type", "image", IMAGE))["OCIv1"]["config"]
    assert config["User"] == "fireexit"
    port = free_port()
    command = [*config["Entrypoint"], *config["Cmd"]]
    command = [str(port) if word == "8899" else "0" if word == "8898" else word for word in command]
    container = buildah("from", IMAGE)
    run = [*buildah.command, "run", "--isolation", "chroot", "--network", "host", container, "--", *command]
    with running(run, tmp_path, "exchange.log"):
        assert wait_for(lambda: fetch(f"http://127.0.0.1:{port}/fapi/v1/ping"), 60) == "{}"
        assert "API key" in (tmp_path / "exchange.log").read_text()
        owners = {
            process.info["uids"].real
            for process in psutil.process_iter(("uids", "cmdline"))
            if "serve" in process.info["cmdline"]
            and process.info["cmdline"][0] != buildah.command[0]
            and str(port) in process.info["cmdline"]
        }
        assert UID in owners, owners
