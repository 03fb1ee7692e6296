"""Ports: chosen once, never shared, and a taken one is told with its holder and the setting that moves it."""

import os
import socket
import unittest

from context_fixture import ContextTest
from parts import Part

from farol_native import ports
from farol_native.component import StackError
from farol_native.ports import Ports
from farol_native.taken_ports import refuse_taken


def listener():
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


class Choice(ContextTest):
    def setUp(self):
        super().setUp()
        self.kept = self.folder / "ports.json"

    def test_settings_win_over_defaults(self):
        chosen = Ports({"A_PORT": 1000, "B_PORT": 1001}, {"A_PORT": "2000"}, self.kept)
        self.assertEqual(chosen.all(), {"A_PORT": 2000, "B_PORT": 1001})

    def test_free_ports_are_chosen_once_and_kept(self):
        wanted = {f"P{number}_PORT": number + 1 for number in range(30)}
        first = Ports(wanted, {"FAROL_PORTS": "free"}, self.kept).all()
        second = Ports({**wanted, "NEW_PORT": 5}, {"FAROL_PORTS": "free"}, self.kept).all()
        self.assertEqual(len(set(first.values())), 30)
        self.assertEqual({name: second[name] for name in first}, first)
        self.assertNotIn(second["NEW_PORT"], first.values())

    def test_a_setting_wins_over_a_free_port(self):
        chosen = Ports({"A_PORT": 1, "B_PORT": 2}, {"FAROL_PORTS": "free", "A_PORT": "4321"}, self.kept)
        self.assertEqual(chosen.number("A_PORT"), 4321)

    def test_two_parts_on_one_port_are_refused_by_name(self):
        with self.assertRaisesRegex(StackError, "A_PORT and B_PORT are both 7"):
            Ports({"A_PORT": 7, "B_PORT": 8}, {"B_PORT": "7"}, self.kept)

    def test_what_is_no_port_is_refused_by_name(self):
        for text in ("0", "65536", "80a", "-1", "٣"):
            with self.subTest(text), self.assertRaisesRegex(StackError, "A_PORT"):
                Ports({"A_PORT": 7}, {"A_PORT": text}, self.kept)


class Taken(ContextTest):
    def test_a_port_is_free_until_somebody_listens(self):
        with listener() as server:
            number = server.getsockname()[1]
            self.assertFalse(ports.is_free(number))
        self.assertTrue(ports.is_free(number))

    def test_the_holder_is_found(self):
        with listener() as server:
            pid, description = ports.holder(server.getsockname()[1])
        self.assertEqual(pid, os.getpid())
        self.assertIn(str(os.getpid()), description)

    def test_all_taken_ports_are_told_at_once_with_holder_and_variable(self):
        ctx = self.context()
        with listener() as one, listener() as two:
            numbers = [server.getsockname()[1] for server in (one, two)]
            part = Part("part", ports={"X_PORT": numbers[0], "Y_PORT": numbers[1]})
            ctx._ports = Ports(part.ports, {}, ctx.home / "ports.json")
            with self.assertRaises(StackError) as caught:
                refuse_taken(ctx, [part])
        message = str(caught.exception)
        for expected in ("X_PORT", "Y_PORT", *map(str, numbers), f"pid {os.getpid()}"):
            self.assertIn(expected, message)

    def test_free_ports_pass(self):
        ctx = self.context()
        part = Part("part", ports={"X_PORT": ports.choose(1, ())[0]})
        ctx._ports = Ports(part.ports, {}, ctx.home / "ports.json")
        refuse_taken(ctx, [part])


if __name__ == "__main__":
    unittest.main()
