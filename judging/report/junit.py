"""The verdict as JUnit XML: a suite for the run, a case for each clause. Inconclusive is never a pass."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from judging.report.terminal import interval_text, measure_text, needed_text, whole_runs_text
from judging.verdict.readings import deciding, is_outvoted


def junit(document: dict[str, Any]) -> bytes:
    """As most CI servers read it. A run that is inconclusive without a broken clause has an error of its own,
    so that it is not taken for a pass. Clauses of a reading that does not decide are skipped."""
    run = document["run"]
    name = f"fireexit.{run['scenario']}.{run['policy']}.{document['contract']['name']}"
    suite = ElementTree.Element("testsuite", name=name)
    counts = {"failures": 0, "skipped": 0, "errors": 0}
    for clause in document["clauses"]:
        case = ElementTree.SubElement(suite, "testcase", classname=name, name=clause["id"], time="0")
        if is_outvoted(document, clause):
            counts["skipped"] += 1
            kept = deciding(document)
            other = f"the promise is judged as {kept['name'] if kept else ''}"
            ElementTree.SubElement(
                case, "skipped", message=f"{clause['result']}, but {other}: {_told(clause)}"
            )
        elif clause["result"] == "broken":
            counts["failures"] += 1
            ElementTree.SubElement(case, "failure", message=_told(clause)).text = clause["reason"]
        elif clause["result"] != "holds":
            counts["skipped"] += 1
            ElementTree.SubElement(case, "skipped", message=f"{clause['result']}: {clause['reason']}")
        else:
            ElementTree.SubElement(case, "system-out").text = _told(clause)
    if document["result"] == "inconclusive":
        counts["errors"] += 1
        case = ElementTree.SubElement(suite, "testcase", classname=name, name="verdict", time="0")
        reasons = "; ".join(document["reasons"]) or "the run decides nothing"
        ElementTree.SubElement(case, "error", message="inconclusive").text = reasons
    suite.set("tests", str(len(suite)))
    for key, count in counts.items():
        suite.set(key, str(count))
    suite.set("time", f"{run['duration_s']:g}")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _told(clause: dict[str, Any]) -> str:
    share = "" if clause["estimate"] is None else f"{clause['estimate']:.2%}, "
    counted = f"{clause['numerator']:,} of {clause['denominator']:,}"
    asked = f"needed {needed_text(clause)}"
    whole = f"; whole runs {found}" if (found := whole_runs_text(clause)) else ""
    return f"{measure_text(clause)}: {share}{counted}, {interval_text(clause)}; {asked}{whole}"
