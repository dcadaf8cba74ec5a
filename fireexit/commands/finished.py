"""Commands that show a finished run: `report`, `funnel`, `export` and `schema`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fireexit.console import fail, warn
from fireexit.tables import stdout_console
from run_records.bounds import made_plain

commands = typer.Typer(rich_markup_mode=None)

Run = Annotated[Path, typer.Argument(metavar="DIR", help="A finished run's directory.")]


@commands.command(epilog="Exit status: 0 written, 2 wrong usage.")
def report(
    run: Run,
    against: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Another run to compare it with; may be repeated."),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The page to write.")] = Path("report.html"),
) -> None:
    """Write a run's report again, with runs of other policies beside it if there are any."""
    from fireexit.report import beware, write_report

    write_report(run, against or [], out)
    warn(line for folder in (run, *(against or ())) for line in beware(folder))
    print(out)


@commands.command(epilog="Exit status: 0 the run could be read, 2 wrong usage.")
def funnel(
    run: Run,
    by: Annotated[
        str,
        typer.Option(
            help="Any of stage, class, code, meaning, answered, judgement, account, trader, symbol, minute."
        ),
    ] = "class,stage,code",
    tsv: Annotated[bool, typer.Option("--tsv", help="Tab-separated lines, for other programs.")] = False,
) -> None:
    """Count where the attempts of a run ended, cut by what is asked for."""
    from rich.table import Table

    from fireexit.report import beware, cut

    head, *rows = ([made_plain(cell) for cell in row] for row in cut(run, by))
    warn(beware(run))
    if tsv:
        print(*("\t".join(row) for row in (head, *rows)), sep="\n")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in head:
        table.add_column(name, justify="right" if name == "attempts" else "left")
    for row in rows:
        table.add_row(*row)
    stdout_console().print(table)


@commands.command(epilog="Exit status: 0 written, 2 wrong usage.")
def export(
    run: Run, target: Annotated[Path, typer.Argument(metavar="FILE", help="The Parquet file to write.")]
) -> None:
    """Write all attempts of a run as Parquet; needs the extra `evidence` (duckdb)."""
    from fireexit.report import beware
    from fireexit.report import export as write

    count = write(run, target)
    warn(beware(run))
    size = target.stat().st_size
    print(f"{target}: {count:,} attempts, {size:,} bytes, {size / max(1, count):.1f} an attempt")


@commands.command(epilog="Exit status: 0 printed, 2 wrong usage.")
def schema(
    name: Annotated[
        str | None, typer.Argument(help="verdict, report, run, manifest, terms, goals or machine.")
    ] = None,
) -> None:
    """Print the JSON schema of a document in a run's directory; no name: the names."""
    from judging.schemas import NAMES, schema_text

    if name is None:
        print(*NAMES, sep="\n")
        return
    if name not in NAMES:
        fail(f"unknown document {name!r}; known: {', '.join(NAMES)}")
    print(schema_text(name), end="")
