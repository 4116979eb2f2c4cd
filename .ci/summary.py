"""Adds up JUnit reports: ``summary.py REPORTS_DIR SUITE... [--broken COMMAND...]``.

Prints one line a suite, one for each test that passed only at the second attempt, then ``N passed, N failed``
(``, N skipped`` if there are any) alone on the last line. Exits with 1 when anything failed, a suite ran nothing, or a
command is named as broken.
"""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Count:
    """Tests by how they ended, and the titles of those that did not pass at first."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    flaky: tuple[str, ...] = ()

    def __add__(self, other: Count) -> Count:
        return Count(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.flaky + other.flaky,
        )

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def count_report(report: Path) -> Count:
    """Counts the test cases of one report; a report that is missing, broken or empty is one failure."""
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314 -- reports of our own tests
    except (OSError, ElementTree.ParseError) as error:
        print(f"{report.name}: no readable report: {error}")
        return Count(failed=1)
    if not cases:
        print(f"{report.name}: no test ran")
        return Count(failed=1)
    failed = sum(case.find("failure") is not None or case.find("error") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    flaky = tuple(
        f"{report.stem}: {case.get('classname')} {case.get('name')}"
        for case in cases
        if case.find("flakyFailure") is not None
    )
    return Count(passed=len(cases) - failed - skipped, failed=failed, skipped=skipped, flaky=flaky)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=Path)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--broken", nargs="*", default=[])
    options = parser.parse_args()
    total = Count()
    for suite in options.suites:
        count = count_report(options.reports / f"{suite}.xml")
        print(f"{suite}: {count}")
        total += count
    for command in options.broken:
        print(f"make {command}: failed")
    # Tests that all pass do not make up for a command that failed, such as lint.
    if options.broken and total.failed == 0:
        total += Count(failed=len(options.broken))
    for title in total.flaky:
        print(f"passed at the second attempt: {title}")
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main())
