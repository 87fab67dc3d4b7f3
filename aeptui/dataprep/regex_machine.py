"""A backtracking matcher with a step limit, for the regular expressions and texts on which Python's could run away.

Python's engine cannot be stopped once it runs. This one is slower, gives the same answer, and gives up after a fixed
number of steps. Runs of one character class, the bulk of real expressions, are still matched by Python's engine.
"""

from __future__ import annotations

import re
from typing import Final

from .regex_syntax import UNBOUNDED, Assertion, Char, Choice, Group, Node, Parsed, Reference, Repeat, Sequence

MAX_STEPS: Final = 120_000
"""About 30 ms, 40 ms for the dearest steps."""
_CHARACTERS_PER_STEP: Final = 64
_MAX_PROGRAM: Final = 20_000

Spans = tuple[int, ...]
Matcher = re.Pattern[str]
# (operation, first operand, second operand, matcher)
Instruction = tuple[str, int, int, Matcher | None]


class StepLimitError(Exception):
    """The expression needs too many steps on this text, or is too large."""


class Machine:
    """One expression, compiled."""

    def __init__(self, parsed: Parsed) -> None:
        self._program: list[Instruction] = []
        self._registers = 2 * (parsed.groups + 1)
        self._emit_node(parsed.node)
        self._emit("match")
        first = _first(parsed.node)
        self._first = re.compile(first, re.ASCII) if first else None

    # -- compiling

    def _emit(self, operation: str, first: int = 0, second: int = 0, source: str | None = None) -> int:
        if len(self._program) > _MAX_PROGRAM:
            raise StepLimitError("the regular expression is too large")
        matcher = re.compile(source, re.ASCII) if source is not None else None
        self._program.append((operation, first, second, matcher))
        return len(self._program) - 1

    def _patch(self, at: int, first: int, second: int) -> None:
        operation, _, _, matcher = self._program[at]
        self._program[at] = (operation, first, second, matcher)

    def _emit_node(self, node: Node) -> None:
        if isinstance(node, (Char, Assertion)):
            self._emit("test", source=node.source)
        elif isinstance(node, Reference):
            self._emit("reference", node.group)
        elif isinstance(node, Sequence):
            for part in node.parts:
                self._emit_node(part)
        elif isinstance(node, Choice):
            self._emit_choice(node)
        elif isinstance(node, Group):
            self._emit_group(node)
        else:
            self._emit_repeat(node)

    def _emit_choice(self, node: Choice) -> None:
        jumps: list[int] = []
        for option in node.options[:-1]:
            split = self._emit("split")
            self._emit_node(option)
            jumps.append(self._emit("jump"))
            self._patch(split, split + 1, len(self._program))
        self._emit_node(node.options[-1])
        for jump in jumps:
            self._patch(jump, len(self._program), 0)

    def _emit_group(self, node: Group) -> None:
        if node.kind == "capture":
            self._emit("save", 2 * node.number)
            self._emit_node(node.body)
            self._emit("save", 2 * node.number + 1)
        elif node.kind == "plain":
            self._emit_node(node.body)
        else:
            # The body is a program of its own: its inner choices are forgotten once it has matched.
            start = self._emit(node.kind)
            self._emit_node(node.body)
            self._emit("match")
            self._patch(start, start + 1, len(self._program))

    def _emit_repeat(self, node: Repeat) -> None:
        if isinstance(node.body, Char):
            most = "" if node.most == UNBOUNDED else str(node.most)
            kind = {"": "greedy", "?": "lazy", "+": "possessive"}[node.mode]
            self._emit(kind, node.least, source=f"{node.body.source}{{{node.least},{most}}}")
            return
        if node.mode == "+":
            self._emit_group(Group("atomic", Repeat(node.body, node.least, node.most, "")))
            return
        for _ in range(node.least):
            self._emit_node(node.body)
        if node.most == UNBOUNDED:
            register = self._registers
            self._registers += 1
            split = self._emit("split")
            self._emit("save", register)
            self._emit_node(node.body)
            self._emit("progress", register)
            self._emit("jump", split)
            self._patch_optional(split, node.mode)
            return
        splits: list[int] = []
        for _ in range(node.most - node.least):
            splits.append(self._emit("split"))
            self._emit_node(node.body)
        for split in splits:
            self._patch_optional(split, node.mode)

    def _patch_optional(self, split: int, mode: str) -> None:
        end = len(self._program)
        self._patch(split, *((end, split + 1) if mode == "?" else (split + 1, end)))

    # -- running

    def match_whole(self, text: str, budget: list[int]) -> bool:
        """Whether the whole text matches.

        Raises:
            StepLimitError: too many steps; `budget` holds those left.
        """
        return self._run(text, 0, 0, [-1] * self._registers, budget, whole=True) is not None

    def search(self, text: str, start: int, budget: list[int]) -> Spans | None:
        """The first match from `start` on: start and end of the whole and of each group, -1 for a group left out.

        Raises:
            StepLimitError: too many steps; `budget` holds those left.
        """
        position = start
        while position <= len(text):
            if self._first is not None:
                found = self._first.search(text, position)
                if found is None:
                    return None
                position = found.start()
            registers = [-1] * self._registers
            registers[0] = position
            ended = self._run(text, position, 0, registers, budget, whole=False)
            if ended is not None:
                return (position, *ended[1:])
            position += 1
        return None

    def _run(
        self, text: str, position: int, pc: int, registers: list[int], budget: list[int], *, whole: bool
    ) -> list[int] | None:
        """Registers of the first match, with register 1 its end; None when there is none."""
        program, length = self._program, len(text)
        choices: list[tuple[int, int, int, int, list[int]]] = []
        while True:
            budget[0] -= 1
            if budget[0] < 0:
                raise StepLimitError("it takes too many steps on this text")
            operation, first, second, matcher = program[pc]
            ok = True
            if operation == "test":
                found = matcher.match(text, position) if matcher else None
                ok = found is not None
                position = found.end() if found else position
                pc += 1
            elif operation in ("greedy", "lazy", "possessive"):
                found = matcher.match(text, position) if matcher else None
                if found is None:
                    ok = False
                else:
                    low, high = position + first, found.end()
                    budget[0] -= (high - position) // _CHARACTERS_PER_STEP
                    pc += 1
                    if operation == "greedy":
                        position = high
                        if high > low:
                            choices.append((pc, high - 1, low, -1, registers.copy()))
                    elif operation == "lazy":
                        position = low
                        if high > low:
                            choices.append((pc, low + 1, high, 1, registers.copy()))
                    else:
                        position = high
            elif operation == "split":
                choices.append((second, position, position, 0, registers.copy()))
                pc = first
            elif operation == "jump":
                pc = first
            elif operation == "save":
                registers[first] = position
                pc += 1
            elif operation == "progress":
                ok = position > registers[first]
                pc += 1
            elif operation == "reference":
                start, end = registers[2 * first], registers[2 * first + 1]
                ok = end >= 0 and text.startswith(text[start:end], position)
                position += end - start if ok else 0
                pc += 1
            elif operation == "match":
                if not whole or position == length:
                    registers[1] = position
                    return registers
                ok = False
            else:
                inner = self._run(text, position, first, registers.copy(), budget, whole=False)
                ok = (inner is None) == (operation == "not_ahead")
                if inner is not None and operation != "not_ahead":
                    position = inner[1] if operation == "atomic" else position
                    registers = [*registers[:2], *inner[2:]]
                pc = second
            if ok:
                continue
            if not choices:
                return None
            pc, position, limit, step, saved = choices.pop()
            registers = saved.copy()
            if step and position != limit:
                choices.append((pc, position + step, limit, step, saved))


def _first(node: Node) -> str:
    """A class that the first character of every match is in; empty when not known."""
    if isinstance(node, Char):
        return node.source
    if isinstance(node, Sequence):
        return _first(node.parts[0]) if node.parts else ""
    if isinstance(node, Group) and node.kind in ("capture", "plain", "atomic"):
        return _first(node.body)
    if isinstance(node, Repeat) and node.least > 0:
        return _first(node.body)
    if isinstance(node, Choice):
        firsts = [_first(option) for option in node.options]
        return "(?:" + "|".join(firsts) + ")" if all(firsts) else ""
    return ""
