"""Adds up JUnit reports: ``summary.py REPORTS_DIR [SUITE...] [--broken COMMAND...]``.

Prints one line a suite (without names, for whatever reports are there), each test that failed with the first lines of
why, one line for each that passed only at the second attempt, then ``N passed, N failed`` (``, N skipped`` if there are
any) alone on the last line. Exits with 1 when anything failed, a suite ran nothing, or a command is named as broken.
"""

from __future__ import annotations

import argparse
import itertools
import re
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
    """Counts the test cases of one report; a report that is missing, broken or empty is one failure.

    Where NAME.again is beside it, mocha.sh ran the suites that it matches a second time, and NAME.again.xml counts.
    """
    cases, pattern = _read(report), report.with_suffix(".again")
    first = _count(report, cases)
    if isinstance(cases, str) or not pattern.exists():
        return first
    again = _read(report.with_suffix(".again.xml"))
    if isinstance(again, str):
        return first
    ran_again = re.compile(pattern.read_text(encoding="utf-8"))
    others = _count(report, [case for case in cases if not ran_again.match(_full_title(case))])
    failed_again = {_full_title(case) for case in again if _failure(case) is not None}
    failed = [case for case in cases if _failure(case) is not None]
    flaky = tuple(_title(report, case) for case in failed if _full_title(case) not in failed_again)
    return others + _count(report, again) + Count(flaky=flaky)


def _read(report: Path) -> list[ElementTree.Element] | str:
    """The cases of a report, or what is wrong with it."""
    try:
        tree = ElementTree.parse(report)  # noqa: S314 -- reports of our own tests
    except (OSError, ElementTree.ParseError) as error:
        return f"no readable report: {error}"
    cases = list(tree.iter("testcase"))
    if tree.find("testsuite[@name='pytest']") is not None:
        # One that ran again is two of the same name, one after the other.
        names = [(case.get("classname"), case.get("name")) for case in cases]
        cases = [case for case, name, next_ in zip(cases, names, [*names[1:], None], strict=True) if name != next_]
    return cases or "no test ran"


def _count(report: Path, cases: list[ElementTree.Element] | str) -> Count:
    """Only pytest says in its report which passed when they ran again."""
    if isinstance(cases, str):
        return Count(failed=1, failures=(f"{report.stem}: {cases}",))
    failures = [(case, failure) for case in cases if (failure := _failure(case)) is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return Count(
        passed=len(cases) - len(failures) - skipped,
        failed=len(failures),
        skipped=skipped,
        failures=tuple(f"{_title(report, case)}\n{_reason(failure)}" for case, failure in failures),
        flaky=tuple(
            _title(report, case) for case in cases if case.find("properties/property[@name='flaky']") is not None
        ),
    )


def _failure(case: ElementTree.Element) -> ElementTree.Element | None:
    """Why a test failed. It may have failed twice, itself and in its clean-up."""
    failure = case.find("failure")
    return case.find("error") if failure is None else failure


def _full_title(case: ElementTree.Element) -> str:
    return f"{case.get('classname')} {case.get('name')}"


def _title(report: Path, case: ElementTree.Element) -> str:
    return f"{report.stem}: {_full_title(case)}"


def _reason(failure: ElementTree.Element) -> str:
    """The first lines of it: pytest's are in an attribute, with the whole traceback as the text."""
    text = failure.get("message") or failure.text or ""
    lines = (line.rstrip() for line in text.splitlines())
    return "\n".join(f"    {line}" for line in itertools.islice(filter(None, lines), LINES_OF_REASON))


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", type=Path)
    parser.add_argument("suites", nargs="*")
    parser.add_argument("--broken", nargs="*", default=[])
    options = parser.parse_args()
    total = Count()
    there = (report.stem for report in options.reports.glob("*.xml") if not report.stem.endswith(".again"))
    for suite in options.suites or sorted(there):
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
