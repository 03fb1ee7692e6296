"""`make prove`: the same seed breaks the same things, what was felt is told from what was not, and nothing is waived."""

import itertools
import unittest
from pathlib import Path

from context_fixture import ROOT, ContextTest

from farol_native.console import Console
from farol_native.prove import bed, brokers, links, report, run, schedule, trial, witness
from farol_native.prove.load import Books, Second
from farol_native.prove.schedule import Fault, Kind, Step
from farol_native.prove.targets import PARTS, TARGETS


def some(seed: int, count: int, *, short: bool = False) -> list[Step]:
    return list(itertools.islice(schedule.steps(seed, short=short), count))


def second(at: int, *, refused: int = 0, late: int = 0, held_back: int = 0, latencies=(5,)) -> Second:
    endings = {"accepted": 100 - refused, "503": refused} if refused else {"accepted": 99, "conflict": 1}
    return Second(at, 100, held_back, endings, late, tuple(latencies))


def sample(at: float, *, spans=0.0, without_redis=0.0, assignments=0) -> witness.Sample:
    return witness.Sample(at, spans, without_redis, {}, assignments, 0)


class Schedule(unittest.TestCase):
    def test_the_same_seed_breaks_the_same_things_at_the_same_times(self):
        self.assertEqual(some(7, 60), some(7, 60))
        self.assertNotEqual(some(7, 60), some(8, 60))

    def test_thirty_faults_hold_every_part_killed_frozen_and_cut_off_whatever_the_seed(self):
        for seed in range(20):
            faults = [fault for step in some(seed, 30) for fault in step.faults]
            broken = {(TARGETS[fault.target].part, fault.kind) for fault in faults}
            wanted = {(part, kind) for part in PARTS for kind in (Kind.KILL, Kind.STOP, Kind.CUT)}
            self.assertEqual(wanted - broken, set(), f"seed {seed}")
            kinds = {fault.kind for fault in faults}
            self.assertEqual(kinds, set(Kind), f"seed {seed}")
            self.assertTrue(any(len(step.faults) == 2 for step in some(seed, 30)))
            self.assertTrue(any(step.poison for step in some(seed, 30)))

    def test_a_short_run_kills_freezes_cuts_pairs_and_bursts_and_is_short(self):
        for seed in range(20):
            steps = some(seed, 6, short=True)
            kinds = {fault.kind for step in steps for fault in step.faults}
            self.assertLessEqual({Kind.KILL, Kind.STOP, Kind.CUT, Kind.BURST}, kinds)
            self.assertLess(sum(fault.after + fault.seconds for step in steps for fault in step.faults), 30)

    def test_one_part_alone_can_be_broken(self):
        steps = list(itertools.islice(schedule.steps(1, short=False, only="worker"), 20))
        self.assertEqual({part for step in steps for part in step.parts}, {"worker"})

    def test_a_worker_is_away_for_longer_than_its_group_waits(self):
        away = [fault for seed in range(5) for step in some(seed, 40) for fault in step.faults]
        away = [fault.seconds for fault in away if fault.target.startswith("worker") and fault.kind is Kind.STOP]
        self.assertTrue(away)
        self.assertGreater(min(away), 10)


class Felt(unittest.TestCase):
    """Which faults count."""

    def felt(self, target, *, seconds=(), books=(), samples=(), before=()):
        return trial.felt([Fault(Kind.KILL, target)], seconds, books, samples, before, 100)

    def test_a_fault_that_nothing_shows_does_not_count(self):
        quiet = {"seconds": [second(1), second(2)], "books": [Books(1.0, 500, 495)]}
        growing = [sample(at, spans=100.0 * at) for at in (1, 2, 3)]
        for target in TARGETS:
            self.assertEqual(self.felt(target, **quiet, samples=growing, before=growing), (), target)

    def test_refused_and_late_requests_count_for_every_part(self):
        for target in TARGETS:
            self.assertEqual(self.felt(target, seconds=[second(1, refused=3, late=2)]), ("3 refused", "2 late"))

    def test_a_worker_that_falls_behind_or_loses_partitions_was_hit(self):
        moved = [sample(1, assignments=2), sample(2, assignments=3)]
        found = self.felt("worker-1", books=[Books(1.0, 500, 400)], samples=moved)
        self.assertEqual(found, ("100 behind", "rebalance"))
        self.assertEqual(self.felt("postgres", books=[Books(1.0, 500, None)]), ("ledger unreachable",))

    def test_redis_shows_in_calls_that_went_without_it(self):
        calls = [sample(1, without_redis=10.0), sample(2, without_redis=14.0)]
        self.assertEqual(self.felt("redis", samples=calls), ("4 without redis",))
        self.assertEqual(self.felt("gateway", samples=calls), ())

    def test_spans_that_stop_count_only_where_they_came_before(self):
        standing = [sample(3, spans=50.0), sample(4, spans=50.0), sample(5, spans=90.0)]
        came = [sample(1, spans=10.0), sample(2, spans=50.0)]
        self.assertEqual(self.felt("collector", samples=standing, before=came), ("spans paused 1 s",))
        self.assertEqual(self.felt("collector", samples=standing, before=standing[:2]), ())


class Recovery(unittest.TestCase):
    def test_a_second_is_clean_when_every_request_was_answered_rightly_and_in_time(self):
        self.assertTrue(second(1).clean)
        for broken in (second(1, refused=1), second(1, late=1), second(1, held_back=1)):
            self.assertFalse(broken.clean)
        self.assertFalse(Second(1, 0, 0, {}, 0, ()).clean, "nothing was sent, so nothing is known")

    def test_the_worker_keeps_up_when_it_is_not_behind_or_less_than_before(self):
        for behind, expected in (((0,), True), ((900, 800), True), ((800, 900), False), ((900,), False), ((), False)):
            books = [Books(at + 0.5, 1000, 1000 - lag) for at, lag in enumerate(behind, start=11 - len(behind))]
            self.assertEqual(trial.keeps_up(books, 10, 100), expected, behind)

    def test_a_ledger_that_nobody_can_read_is_not_one_that_keeps_up(self):
        self.assertFalse(trial.keeps_up([Books(10.5, 1000, None)], 10, 100))


class Report(unittest.TestCase):
    VERDICT = {
        "acknowledged": 12, "stored": 10, "deadLettered": 2, "duplicateRecords": 1, "unacknowledgedRows": 0,
        "letters": {"conflict": 1}, "lost": {"count": 0, "first": []}, "duplicated": {"count": 0, "first": []},
        "misbooked": {"count": 0, "first": []},
    }  # fmt: skip

    def test_the_closing_line_says_what_was_counted(self):
        expected = "faults=30 acknowledged=12 stored=10 dead_lettered=2 lost=0 duplicated=0"
        self.assertEqual(report.closing(30, self.VERDICT), expected)

    def test_each_violation_is_told_by_name(self):
        verdict = {**self.VERDICT, "lost": {"count": 3, "first": ["/s 1 has neither row nor letter"]}}
        self.assertEqual(report.violations(verdict), ["lost: /s 1 has neither row nor letter"])

    def test_answers_that_no_fault_excuses_are_found(self):
        wrong = Second(1, 3, 0, {"accepted": 1, "503": 1, "500": 1}, 0, (1, 1, 1))
        self.assertEqual(report.wrong_answers([wrong, second(2, refused=5)]), {"500": 1})

    def test_the_figures_of_a_fault_are_of_its_own_seconds(self):
        step = Step((Fault(Kind.KILL, "broker-1"),))
        outcome = trial.Outcome(1, step, trial.Window(10.5, 10.6, 13.0), ("2 refused",))
        seconds = [second(at, refused=at, latencies=[at * 100]) for at in range(9, 15)]
        self.assertEqual(report.row(outcome, seconds), ("kill broker-1", "2 refused", "2.4", str(10 + 11 + 12), "1200"))

    def test_p99_is_the_nearest_rank(self):
        self.assertEqual(report.p99([second(1, latencies=range(1, 101))]), 99)
        self.assertEqual(report.p99([second(1, latencies=[7])]), 7)
        self.assertIsNone(report.p99([]))


class Metrics(unittest.TestCase):
    def test_only_calls_that_failed_went_without_redis(self):
        text = (
            '# HELP x y\nfarol_redis_skipped_total{db_operation_name="EVALSHA"} 5\n'
            'db_client_operation_duration_seconds_count{db_system_name="redis",error_type=""} 100\n'
            'db_client_operation_duration_seconds_count{db_system_name="redis",error_type="timeout"} 2\n'
            'db_client_operation_duration_seconds_count{db_system_name="postgresql",error_type="57P01"} 9\n'
        )
        self.assertEqual(witness.total(text, witness.call_without_redis), 7.0)
        self.assertIsNone(witness.total(None, witness.call_without_redis))

    def test_a_worker_that_stands_still_says_why(self):
        text = 'farol_worker_stopped{reason="database"} 0\nfarol_worker_stopped{reason="log_truncated"} 1\n'
        self.assertEqual(witness.reason(text), 'reason="log_truncated"')
        self.assertIsNone(witness.reason(text.splitlines()[0]))
        self.assertIsNone(witness.reason(None))


class Bed(ContextTest):
    def stack(self, environ=None):
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **(environ or {})}
        return bed.open_bed(ROOT, environ, self.folder / "home", Console(self.said))

    def test_nothing_that_the_shell_waives_is_waived_here(self):
        ctx = self.stack({"FAROL_DEV": "1", "FAROL_PORTS": "fixed", "FAROL_BIN_DIR": "/programs"}).ctx
        self.assertNotIn("FAROL_DEV", ctx.env)
        self.assertEqual(ctx.env["FAROL_BIN_DIR"], "/programs")

    def test_each_broker_tells_its_clients_the_address_of_their_own_link(self):
        ctx = self.stack().ctx
        text = brokers.properties(ctx, 2, Path("/data"))
        settings = dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
        self.assertEqual(settings["min.insync.replicas"], "2")
        self.assertEqual(settings["unclean.leader.election.enable"], "false")
        for client in links.KAFKA_CLIENTS:
            name = client.upper().replace("-", "_")
            link = links.kafka(2, client)
            self.assertIn(f"{name}://{ctx.address(link.upstream)}", settings["listeners"].split(","))
            self.assertIn(f"{name}://{ctx.address(link.listen)}", settings["advertised.listeners"].split(","))

    def test_every_link_has_a_name_and_a_port_of_its_own_and_every_target_has_links(self):
        self.assertEqual(len({link.name for link in links.ALL}), len(links.ALL))
        self.assertEqual(len({link.listen for link in links.ALL}), len(links.ALL))
        for target in TARGETS.values():
            self.assertTrue(target.ways and set(target.ways) <= set(links.ALL), target.name)

    def test_every_target_is_a_process_of_the_stack(self):
        names = {part.name for part in self.stack().components}
        self.assertLessEqual({target.process for target in TARGETS.values()}, names)


class Words(unittest.TestCase):
    def test_without_words_it_is_thirty_faults_within_fifteen_minutes_under_a_new_seed(self):
        wish = run.wished([])
        self.assertEqual((wish.faults, wish.seconds, wish.until_time_is_up), (30, 900, False))
        self.assertEqual(run.wished(["--seed", "5", "--faults", "6"]).seed, 5)

    def test_a_long_run_uses_its_hour(self):
        wish = run.wished(["--long"])
        self.assertEqual((wish.seconds, wish.until_time_is_up), (3600, True))


if __name__ == "__main__":
    unittest.main()
