"""The autoscalers' arithmetic: Kubernetes' documented rules case by case, our manifests' numbers, and what follows over time."""

from __future__ import annotations

import contextlib
import io
import json
import unittest
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

from context_fixture import ROOT, ContextTest, users_cache

from farol_native.component import StackError
from farol_native.scaling import manifests, picture, run
from farol_native.scaling.hpa import Autoscaler, Behavior, Policy, Rules, by_ratio
from farol_native.scaling.simulation import Costs, by_cpu, by_lag, load_at
from farol_native.scaling.simulation import run as simulate

AT_ONCE = Behavior(Rules(0, (Policy("Pods", 100, 15),)), Rules(0, (Policy("Pods", 100, 15),)))
COSTS = Costs(gateway_cpu_per_million=60, worker_cpu_per_million=40, worker_rows_per_second=4000, start_seconds=20, cores=1)


class Documented(ContextTest):
    """https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/, example by example."""

    def test_twice_the_target_doubles_and_half_of_it_halves(self) -> None:
        self.assertEqual((by_ratio(4, 200 / 100), by_ratio(4, 50 / 100)), (8, 2))
        self.assertEqual(by_ratio(3, 1.5), 5)

    def test_within_a_tenth_of_the_target_nothing_changes(self) -> None:
        self.assertEqual([by_ratio(4, ratio) for ratio in (0.9, 1.0, 1.1, 1.11)], [4, 4, 4, 5])

    def test_pods_that_start_count_as_idle_and_never_turn_the_direction(self) -> None:
        # 2 of 4 ready at 200 % of their target: with the idle two that is 100 %.
        self.assertEqual(by_cpu(4, 2, cores=0.4, request=0.1, target=1.0), 4)
        self.assertEqual(by_cpu(4, 2, cores=0.8, request=0.1, target=1.0), 8)
        self.assertEqual(by_cpu(4, 2, cores=0.22, request=0.1, target=1.0), 4)

    def test_a_policy_bounds_what_comes_within_its_period(self) -> None:
        up = Behavior(Rules(0, (Policy("Pods", 2, 30),)), AT_ONCE.down)
        scaler = Autoscaler(2, 20, up, 2)
        self.assertEqual([scaler.sync(now, 20) for now in (15, 30, 45, 60, 75)], [4, 4, 6, 6, 8])

    def test_of_several_policies_the_one_that_lets_the_most_come_decides(self) -> None:
        up = Behavior(Rules(0, (Policy("Pods", 4, 15), Policy("Percent", 100, 15))), AT_ONCE.down)
        scaler = Autoscaler(2, 100, up, 2)
        self.assertEqual([scaler.sync(now, 100) for now in (15, 30, 45)], [6, 12, 24])

    def test_it_goes_down_only_to_the_largest_of_the_window(self) -> None:
        down = Behavior(AT_ONCE.up, Rules(300, (Policy("Pods", 100, 15),)))
        scaler = Autoscaler(2, 10, down, 2)
        scaler.sync(15, 10)
        falls = next(now for now in range(30, 700, 15) if scaler.sync(now, 2) < 10)
        self.assertEqual(falls, 315)
        self.assertEqual(scaler.replicas, 2)

    def test_a_pod_a_minute_goes_where_the_policy_says_so(self) -> None:
        down = Behavior(AT_ONCE.up, Rules(0, (Policy("Pods", 1, 60),)))
        scaler = Autoscaler(2, 10, down, 5)
        self.assertEqual([scaler.sync(now, 2) for now in (15, 30, 45, 60, 75, 90)], [4, 4, 4, 4, 3, 3])

    def test_bounds_hold_whatever_is_asked(self) -> None:
        scaler = Autoscaler(2, 5, AT_ONCE, 2)
        self.assertEqual([scaler.sync(15, 50), scaler.sync(30, 0)], [5, 2])


class Read(ContextTest):
    def read(self, environment: str | None = None) -> tuple[manifests.GatewayScaling, manifests.WorkerScaling]:
        return manifests.read(self.context({}, cache=users_cache()), environment)

    def test_the_numbers_are_those_of_the_manifests(self) -> None:
        gateway, worker = self.read()
        self.assertEqual((gateway.least, gateway.most, gateway.utilization, gateway.request_cores), (2, 5, 0.7, 0.1))
        self.assertEqual(gateway.behavior, Behavior(Rules(0, (Policy("Pods", 2, 30),)), Rules(300, (Policy("Pods", 1, 60),))))
        self.assertEqual((worker.least, worker.most, worker.lag_threshold, worker.utilization), (2, 6, 5000.0, 0.8))
        self.assertEqual(worker.behavior.up, manifests.UP_BY_DEFAULT)
        self.assertEqual(worker.behavior.down, Rules(300, (Policy("Pods", 1, 120),)))

    def test_an_overlay_with_more_partitions_has_more_workers(self) -> None:
        self.assertEqual(self.read("prod")[1].most, 12)

    def test_a_changed_manifest_changes_the_arithmetic(self) -> None:
        load = manifests.yaml_loader(self.context({}, cache=users_cache()))
        hpa = (ROOT / "deploy/kubernetes/components/hpa/gateway.yaml").read_text().replace("averageUtilization: 70", "averageUtilization: 50")
        spec = manifests.first(load(hpa), "HorizontalPodAutoscaler")["spec"]
        self.assertEqual(manifests.gateway(spec, 0.1).utilization, 0.5)
        memory = load(hpa.replace("name: cpu", "name: memory"))
        with self.assertRaisesRegex(StackError, "something else than CPU"):
            manifests.gateway(manifests.first(memory, "HorizontalPodAutoscaler")["spec"], 0.1)


class OverTime(ContextTest):
    def read(self) -> tuple[manifests.GatewayScaling, manifests.WorkerScaling]:
        return manifests.read(self.context({}, cache=users_cache()), None)

    def test_a_load_within_two_pods_moves_nothing(self) -> None:
        moments = simulate(*self.read(), COSTS, [(0, 500), (900, 500)])
        self.assertEqual({(moment.gateways, moment.workers, moment.lag) for moment in moments}, {(2, 2, 0.0)})

    def test_gateways_follow_a_rise_to_their_most_and_leave_one_a_minute(self) -> None:
        moments = simulate(*self.read(), COSTS, run.points("0:300,120:300,240:6000,840:6000,900:300,1800:300"))
        self.assertEqual(max(moment.gateways for moment in moments), 5)
        self.assertEqual(moments[-1].gateways, 2)
        falls = [moment.second for before, moment in zip(moments, moments[1:]) if moment.gateways < before.gateways]
        self.assertEqual(len(falls), 3)
        self.assertTrue(all(later - earlier >= 60 for earlier, later in zip(falls, falls[1:])))
        self.assertGreaterEqual(falls[0], 840 + 300 - 60)

    def test_a_lag_brings_a_worker_for_each_threshold_and_never_more_than_partitions(self) -> None:
        gateway, worker = self.read()
        self.assertEqual([by_lag(2, lag, worker) for lag in (0, 10_500, 15_001, 1e9)], [0, 2, 4, 6])
        slow = replace(COSTS, worker_rows_per_second=1000)
        moments = simulate(gateway, worker, slow, [(0, 300), (60, 5000), (600, 5000), (660, 100), (2400, 100)])
        self.assertEqual(max(moment.workers for moment in moments), 6)
        self.assertEqual((moments[-1].workers, moments[-1].lag), (2, 0.0))

    def test_events_are_conserved(self) -> None:
        moments = simulate(*self.read(), replace(COSTS, worker_rows_per_second=1000), [(0, 3000), (300, 3000)])
        offered = sum(moment.events_per_second for moment in moments)
        self.assertLessEqual(moments[-1].lag, offered)
        self.assertGreater(max(moment.lag for moment in moments), 0)

    def test_the_curve_is_lines_between_its_points(self) -> None:
        curve = [(0.0, 100.0), (10.0, 200.0), (10.0, 500.0)]
        self.assertEqual([load_at(curve, second) for second in (0, 5, 10, 99)], [100, 150, 200, 500])

    def test_the_table_and_the_picture_are_made(self) -> None:
        file = self.folder / "scaling.svg"
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            run.run(ROOT, ["--gateway-cpu", "60", "--worker-cpu", "40", "--worker-rows", "4000", "--environment", "prod", "--out", str(file)])
        self.assertIn("2 to 12", said.getvalue())
        self.assertEqual(len(ElementTree.fromstring(file.read_text()).findall(".//{*}polyline")), 5)
        self.assertIn("no cluster ran this", file.read_text())

    def test_a_bench_report_wins_and_nonsense_is_refused(self) -> None:
        report = self.folder / "bench.json"

        def median(**medians):
            return {name: {"median": median} for name, median in medians.items()}

        whole_path = [
            {"id": "whole-path-cpu", "measures": median(gateway=50.0, worker=30.0)},
            {"id": "whole-path-rate", "measures": median(acknowledged=9100.0, rows=9000.0)},
        ]
        report.write_text(json.dumps({"rows": whole_path}))
        costs = run.measured(run.parser().parse_args(["--bench", str(report)]))
        self.assertEqual((costs.gateway_cpu_per_million, costs.worker_rows_per_second), (50.0, 9000.0))
        report.write_text(json.dumps({"rows": whole_path[:1]}))
        with self.assertRaisesRegex(StackError, "whole-path-rate"):
            run.measured(run.parser().parse_args(["--bench", str(report)]))
        with self.assertRaisesRegex(StackError, "above 0"):
            run.measured(run.parser().parse_args(["--gateway-cpu", "0"]))
        for curve in ("1:2", "0:1,x", "5:1,9:1", "0:1,9:1,5:1"):
            with self.assertRaisesRegex(StackError, "--curve"):
                run.points(curve)


class Drawing(ContextTest):
    def test_what_is_drawn_stays_inside_its_panel(self) -> None:
        gateway, worker = manifests.read(self.context({}, cache=users_cache()), None)
        moments = simulate(gateway, worker, COSTS, [(0, 100), (120, 9000)])
        picture_text = picture.draw(moments, "a < b", "note")
        self.assertIn("a &lt; b", picture_text)
        for line in ElementTree.fromstring(picture_text).findall(".//{*}polyline"):
            for point in line.get("points", "").split():
                x, y = map(float, point.split(","))
                self.assertTrue(picture.LEFT <= x <= picture.WIDTH - picture.RIGHT and picture.TOP <= y <= 700, point)


if __name__ == "__main__":
    unittest.main()
