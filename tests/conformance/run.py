"""Runs conformance: random clusters, kube-scheduler beside placewright, and what they say differently.

python -m placewright.tests.conformance.run --clusters 500 --plans 200
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from placewright.models.ingest.profiles import load_profiles
from placewright.models.options import Options
from placewright.tests.conformance.cases.admission import namespace
from placewright.tests.conformance.cases.cluster import CROWDED, LARGE, SMALL, cluster
from placewright.tests.conformance.compare import Difference, Tally, compare_verdicts, snapshot_of
from placewright.tests.conformance.compare_admission import Admissions, compare_admission
from placewright.tests.conformance.compare_scores import compare_scores
from placewright.tests.conformance.configurations import configuration_files
from placewright.tests.conformance.harness import BINARY, Harness
from placewright.tests.conformance.plans import Replays, replay
from placewright.tests.conformance.walks import Walks, walk

AS_RELEASED = Options(quirk_namespace_selector=True, quirk_fit_scoring=True)
"""The release under test has these quirks; with them, everything has to agree."""
SHOWN = 10


def verdicts(first: int, count: int) -> Tally:
    """Every pending agent against every node, and the scores of those that are open, on small clusters."""
    tally = Tally()
    with Harness("matrix") as harness:
        for seed in range(first, first + count):
            objects = cluster(seed, SMALL)
            answers = harness.ask(objects)
            snapshot = snapshot_of(objects, AS_RELEASED)
            compare_verdicts(seed, snapshot, answers, tally)
            compare_scores(seed, snapshot, answers, tally)
    return tally


def configured(first: int, count: int) -> Tally:
    """Weights and scores under other configurations, which both sides read from the same files."""
    tally = Tally()
    with configuration_files() as files:
        for name, path in files.items():
            options = load_profiles(path).applied(AS_RELEASED)
            with Harness("matrix", "--config", path) as harness:
                for seed in range(first, first + count):
                    objects = cluster(f"{seed}-{name}", SMALL)
                    snapshot = snapshot_of(objects, options)
                    answers = harness.ask(objects)
                    compare_verdicts(seed, snapshot, answers, tally)
                    compare_scores(seed, snapshot, answers, tally)
    return tally


def admissions(first: int, count: int) -> Admissions:
    """What becomes of new agents, with the limit ranges and quotas of `count` namespaces."""
    found = Admissions()
    with Harness("admit") as harness:
        for seed in range(first, first + count):
            objects = namespace(seed)
            compare_admission(seed, snapshot_of(objects), harness.ask(objects), found)
    return found


def walks(first: int, count: int) -> Walks:
    """Random bindings one after the other, on `count` small clusters."""
    found = Walks()
    with Harness("replay") as harness:
        for seed in range(first, first + count):
            walk(harness, seed, cluster(f"walk-{seed}", SMALL), AS_RELEASED, found)
    return found


def plans(first: int, count: int, seconds: float) -> Replays:
    """Whole plans on `count` clusters of 20 to 100 nodes."""
    found = Replays()
    with Harness("replay") as harness:
        for seed in range(first, first + count):
            # Every fourth evicts, where that helps.
            preempt = seed % 4 == 3
            objects = cluster(seed, CROWDED if preempt else LARGE)
            replay(harness, seed, objects, AS_RELEASED, seconds, found, preempt=preempt)
    return found


def _show(differences: list[Difference]) -> None:
    for what, count in Counter(difference.what for difference in differences).most_common():
        print(f"  {count} × {what}")
    for difference in differences[:SHOWN]:
        print(f"  {difference}")


def _report(what: str, tally: Tally) -> None:
    print(
        f"{what}: {tally.verdicts} verdicts over {tally.clusters} clusters, {tally.passes} of them to go there"
    )
    for name, counts in (("refusals", tally.refusals), ("scores", tally.scores)):
        print(f"  {name}: " + ", ".join(f"{plugin} {count}" for plugin, count in sorted(counts.items())))
    _show(tally.differences)


def main() -> int:
    """0 where nothing differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clusters", type=int, default=60, help="small clusters for verdicts")
    parser.add_argument("--plans", type=int, default=10, help="clusters of 20 to 100 nodes for whole plans")
    parser.add_argument("--seed", type=int, default=0, help="the first seed; the others follow")
    parser.add_argument("--time-limit", type=float, default=4.0, help="seconds for each plan")
    arguments = parser.parse_args()
    if not BINARY.exists():
        print("kube-scheduler's side is not built: run `make conformance`", file=sys.stderr)
        return 1

    start = time.perf_counter()
    tally = verdicts(arguments.seed, arguments.clusters)
    _report("the default profile", tally)
    others = configured(arguments.seed, -(-arguments.clusters // 12))
    _report("other configurations", others)
    created = admissions(arguments.seed, arguments.clusters)
    print(
        f"{created.namespaces} namespaces: {created.admitted} new agents admitted, {created.refused} refused"
    )
    _show(created.differences)
    walked = walks(arguments.seed, -(-arguments.clusters // 3))
    print(
        f"{walked.walks} walks of random bindings: {walked.accepted} accepted, {walked.refused} refused, "
        f"{walked.stricter} refused here alone for a known reason"
    )
    _show(walked.differences)
    replays = plans(arguments.seed, arguments.plans, arguments.time_limit)
    print(
        f"{replays.plans} plans with {replays.bindings} bindings and {replays.evictions} evictions replayed, "
        f"{replays.unordered} more say themselves that they have no order"
    )
    _show(replays.refused)
    print(f"{time.perf_counter() - start:.0f} seconds")
    failed = sum(
        len({difference.cluster for difference in differences})
        for differences in (
            tally.differences,
            others.differences,
            created.differences,
            walked.differences,
            replays.refused,
        )
    )
    done = tally.clusters + others.clusters + created.namespaces + walked.walks
    done += replays.plans + replays.unordered
    print(f"{done - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
