"""Adds up JUnit reports: ``summary.py REPORTS_DIR [SUITE...] [--broken COMMAND...]``.

Prints one line a suite (without names, for whatever reports are there), each test that failed with the first lines of
why, one line for each that passed only at the second attempt, then ``N passed, N failed`` (``, N skipped`` if there are
any) alone on the last line. Exits with 1 when anything failed, a suite ran nothing, or a command is named as broken.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

# Enough for what was expected and what came instead; the whole of it is in the log, and in the report.
LINES_OF_REASON = 12


@dataclass(frozen=True)
class Count:
    """Tests by how they ended, what is to be said of those that failed, and the titles of those that did so once."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
            self.flaky + other.flaky,
        )

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def count_report(report: Path) -> Count:
    """Counts the test cases of one report; a report that is missing, broken or empty is one failure."""
    try:
        cases = _last_attempts(ElementTree.parse(report))  # noqa: S314 -- reports of our own tests
    except (OSError, ElementTree.ParseError) as error:
        return Count(failed=1, failures=(f"{report.name}: no readable report: {error}",))
    if not cases:
        return Count(failed=1, failures=(f"{report.name}: no test ran",))
    # One that failed, and whose clean-up failed too, is one that failed.
    reasons = [(case, case.find("failure"), case.find("error")) for case in cases]
    failures = tuple(
        f"{_title(report, case)}\n{_reason(error if failure is None else failure)}"
        for case, failure, error in reasons
        if failure is not None or error is not None
    )
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Count(
        passed=len(cases) - len(failures) - skipped,
        failed=len(failures),
        skipped=skipped,
        failures=failures,
        flaky=tuple(_title(report, case) for case in cases if _passed_at_second_attempt(case)),
    )


def _last_attempts(report: ElementTree.ElementTree) -> list[ElementTree.Element]:
    """The cases of a report. pytest writes one that ran again as two of the same name, one after the other."""
    cases = list(report.iter("testcase"))
    if report.find("testsuite[@name='pytest']") is None:
        return cases
    names = [(case.get("classname"), case.get("name")) for case in cases]
    return [case for case, name, following in zip(cases, names, [*names[1:], None], strict=True) if name != following]


def _title(report: Path, case: ElementTree.Element) -> str:
    return f"{report.stem}: {case.get('classname')} {case.get('name')}"


def _reason(element: ElementTree.Element | None) -> str:
    """The first lines of why: pytest's are in an attribute, with the whole traceback as the text."""
    text = "" if element is None else element.get("message") or element.text or ""
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(f"    {line}" for line in itertools.islice(filter(None, lines), LINES_OF_REASON))


def _passed_at_second_attempt(case: ElementTree.Element) -> bool:
    """Mocha's reporter writes an element as Maven's Surefire does, pytest can write only properties."""
    return case.find("flakyFailure") is not None or case.find("properties/property[@name='flaky']") is not None


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=Path)
    parser.add_argument("suites", nargs="*")
    parser.add_argument("--broken", nargs="*", default=[])
    options = parser.parse_args()
    total = Count()
    for suite in options.suites or sorted(report.stem for report in options.reports.glob("*.xml")):
        count = count_report(options.reports / f"{suite}.xml")
        print(f"{suite}: {count}")
        total += count
    for command in options.broken:
        print(f"make {command}: failed")
    # Tests that all pass do not make up for a command that failed, such as lint.
    if options.broken and total.failed == 0:
        total += Count(failed=len(options.broken))
    for failure in total.failures:
        print(f"failed: {failure}")
    for title in total.flaky:
        print(f"passed at the second attempt: {title}")
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
