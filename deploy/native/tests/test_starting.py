"""Components start as soon as what they wait for is ready, and a failure is told where it happened."""

import threading
import unittest

from context_fixture import ContextTest
from parts import Part

from farol_native import components
from farol_native.component import StackError
from farol_native.starting import refuse, start_all


class Recorder:
    """A starter that only notes the order; a part in `dead` ends at once."""

    def __init__(self, dead=()):
        self.order = []
        self.dead = dead
        self.lock = threading.Lock()

    def start(self, component):
        with self.lock:
            self.order.append(component.name)
        return True

    def failure(self, component):
        return "its process ended" if component.name in self.dead else None


class Starting(ContextTest):
    def start(self, parts, dead=()):
        starter = Recorder(dead)
        ctx = self.context()
        failed = start_all(ctx, components.ordered(parts), starter)
        return starter.order, {name: str(error) for name, error in failed.items()}

    def test_a_part_starts_after_what_it_waits_for_is_ready(self):
        open_door = threading.Event()
        parts = [
            Part("a", after=("b", "not-in-this-stack")),
            Part("b", ready=lambda: None if open_door.is_set() else "not yet"),
            Part("c", ready=lambda: open_door.set()),
        ]
        order, failed = self.start(parts)
        self.assertEqual(failed, {})
        self.assertLess(order.index("b"), order.index("a"))

    def test_a_dead_process_is_told_at_once_and_stops_those_that_wait(self):
        parts = [Part("a", after=("b",)), Part("b", ready=lambda: "not yet"), Part("c")]
        order, failed = self.start(parts, dead=("b",))
        self.assertEqual(failed["b"], "its process ended")
        self.assertIn("b is not ready", failed["a"])
        self.assertNotIn("a", order)
        self.assertIn("c", order)

    def test_a_part_that_never_gets_ready_is_told_with_its_reason(self):
        slow = Part("a", ready=lambda: "the door is shut")
        slow.ready_seconds = 0.3
        self.assertIn("the door is shut", self.start([slow])[1]["a"])

    def test_parts_that_wait_for_each_other_are_refused(self):
        with self.assertRaisesRegex(StackError, "wait for each other"):
            components.ordered([Part("a", after=("b",)), Part("b", after=("a",))])

    def test_all_failures_are_in_one_message(self):
        with self.assertRaisesRegex(StackError, "(?s)one: x.*two: y"):
            refuse({"one": StackError("x"), "two": StackError("y")})


class Registry(ContextTest):
    def test_a_named_part_brings_what_it_cannot_do_without(self):
        names = [part.name for part in components.load(["gateway"])]
        self.assertEqual(set(names), {"gateway", "kafka", "postgres", "redis"})
        self.assertEqual(names[-1], "gateway")

    def test_no_two_parts_share_a_default_port(self):
        numbers = [number for part in components.load() for number in part.ports.values()]
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_an_unknown_part_is_refused_with_the_known_ones(self):
        with self.assertRaisesRegex(StackError, "there is no component nothing; .*kafka"):
            components.load(["nothing"])


if __name__ == "__main__":
    unittest.main()
