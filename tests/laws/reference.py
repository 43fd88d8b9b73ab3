"""The reference: a slow interpreter of descriptions, written from the rules, to hold the kernel against.

In: a `Description` and events. Out: what every behaviour wrote, what every event came to, and what is active.
Everything is a path, a tuple of names that starts with the model's, and every question is answered by walking the
tree. Nothing of the library is imported. Timers and activities are left out.
"""

from __future__ import annotations

from laws.description import SENDS, VARIABLES, Act, Cond, Description, Move, Node

STATES = ("model", "state", "submachine")
REAL = (*STATES, "region", "final")
STATIC = ("junction", "exit_point", "join")
HELD = "held"
OUTSIDE = ()


class Endless(Exception):
    """The machine feeds itself for ever, or for too long to be interesting."""


class Placed:
    """A transition with full paths: where it leaves from, where it leads to, where it is written."""

    def __init__(self, move: Move, source: tuple, targets: list[tuple], root: tuple) -> None:
        self.move = move
        self.source = source
        self.targets = targets
        self.root = root


class Tree:
    """A description with its submachines put in: nodes, children and transitions by path."""

    def __init__(self, description: Description) -> None:
        self.kinds: dict[tuple, str] = {}
        self.children: dict[tuple, list[tuple]] = {}
        self.entry: dict[tuple, list[Act]] = {}
        self.exit: dict[tuple, list[Act]] = {}
        self.defers: dict[tuple, list[str]] = {}
        self.defaults: dict[tuple, Placed] = {}
        self.moves: list[Placed] = []
        root = (description.root.name,)
        self._add(description.root, root, root)

    def _add(self, node: Node, path: tuple, root: tuple) -> None:
        self.kinds[path] = node.kind
        self.children[path] = []
        self.entry[path], self.exit[path], self.defers[path] = [], [], []
        self._fill(node, path, root)
        if node.model is not None:  # R9: the model is the inside of the submachine, which stays around it
            doors = {part.name: part for part in node.parts if isinstance(part, Node)}
            outer_exit, self.exit[path] = self.exit[path], []
            self._fill(node.model, path, path)
            self.exit[path] += outer_exit
            for name, door in doors.items():
                for move in door.parts:
                    self._place(move, (*path, name), root)

    def _fill(self, node: Node, path: tuple, root: tuple) -> None:
        self.entry[path] += node.entry
        self.exit[path] += node.exit
        self.defers[path] += node.defers
        if node.default is not None:
            self.defaults[path] = self._placed(node.default, path, root)
        for part in node.parts:
            if isinstance(part, Move):
                self._place(part, path, root)
            elif node.kind != "submachine":
                self.children[path].append((*path, part.name))
                self._add(part, (*path, part.name), root)

    def _place(self, move: Move, path: tuple, root: tuple) -> None:
        self.moves.append(self._placed(move, path if move.source is None else (*root, *move.source), root))

    def _placed(self, move: Move, source: tuple, root: tuple) -> Placed:
        return Placed(move, source, [(*root, *target) for target in move.targets], root)

    def regions(self, path: tuple) -> list[tuple]:
        return [child for child in self.children[path] if self.kinds[child] == "region"]

    def outgoing(self, path: tuple) -> list[Placed]:
        return [placed for placed in self.moves if placed.source == path]

    def joining(self, target: tuple) -> list[tuple]:
        """The regions that wait at the join *target*; of an exit point, only where there are several (R6, R7)."""
        sources = [placed.source for placed in self.moves if target in placed.targets]
        if self.kinds[target] == "join":
            owner = container(*sources)
            while owner and not self.regions(owner):
                owner = owner[:-1]
        elif self.kinds[target] == "exit_point":
            owner = target[:-1]
        else:
            return []
        found = [region for region in self.regions(owner) if any(inside(region, source) for source in sources)]
        return found if self.kinds[target] == "join" or len(found) > 1 else []

    def in_order(self, path: tuple) -> list[tuple]:
        """*path* and everything in it, in order of declaration."""
        return [path, *(inner for child in self.children[path] for inner in self.in_order(child))]


def inside(outer: tuple, path: tuple) -> bool:
    """Whether *path* lies strictly inside *outer*."""
    return len(path) > len(outer) and path[: len(outer)] == outer


def container(*paths: tuple) -> tuple:
    """The innermost vertex that contains all *paths* properly."""
    outer = paths[0][:-1]
    while not all(inside(outer, path) for path in paths):
        outer = outer[:-1]
    return outer


def matches(pattern: str, name: str) -> bool:
    """T2: ``*`` and prefixes match no built-in event."""
    if pattern == "*" or pattern.endswith(".*"):
        return name.startswith(pattern[:-1]) and not name.startswith("hsm_")
    return pattern == name


class Reference:
    """One machine. `start`, `dispatch` and `stop` give what came of it; `log`, `states` and `status` tell the rest."""

    def __init__(self, description: Description, budget: int = 60) -> None:
        self.tree = Tree(description)
        self.root = (description.root.name,)
        self.budget = budget
        self.log: list[str] = []
        self.variables = dict.fromkeys(VARIABLES, False)
        self.background: list[str] = []
        self.reset()

    def reset(self) -> None:
        """L6: nothing is remembered; what the user's instance holds is the user's."""
        self.status = "created"
        self.active: dict[tuple, int] = {}  # path -> number of its activation
        self.activations = 0
        self.complete: set[tuple] = set()
        self.completions: list[tuple] = []
        self.truths: dict[Placed, bool] = {}  # of the change triggers of what is active
        self.changes: list[Placed] = []
        self.waiting: dict[tuple, tuple] = {}  # region -> the join at which it waits
        self.came_from: dict[tuple, list[tuple]] = {}  # region -> what was active in it before it waited
        self.before: list[tuple] = []  # the active leaves before the transition that fires
        self.memory: dict[tuple, list[tuple]] = {}
        self.errors: list[str] = []
        self.unhandled: list[str] = []
        self.queue: list[str] = []
        self.recalled: list[str] = []
        self.held: list[str] = []
        self.has_moved = False
        self.ended = ""

    # --- from outside ----------------------------------------------------------------------------------------

    def start(self) -> object:
        """L1 and E8."""
        self._outside()
        return self._start()

    def restart(self) -> object:
        """L6: what stopping raises ends it."""
        self._outside()
        if self.status == "running" and (raised := self._leave_all()):
            return raised
        self.reset()
        return self._start()

    def _start(self) -> object:
        self._enter(self.root, [], "hsm_initial", {})
        self._settle("hsm_initial")
        self._recall()
        while not self.unhandled and not self.ended and (name := self._next()):
            self._process(name)
        raised = self.unhandled
        if raised:
            self.unhandled = []
            raised = raised + self._leave_all()
        elif not self.ended:
            self.status = "running"
        return raised or "started"

    def dispatch(self, name: str) -> object:
        """Q1, T5, E4: the outcome of the event, or what it raised; then everything that it sent is processed."""
        self._outside()
        if self.status in ("completed", "terminated"):
            return "IGNORED"
        outcome = self._process(name)
        raised, self.unhandled = self.unhandled, []
        while not self.ended and (sent := self._next()):
            self._process(sent)
            self.background += self.unhandled
            self.unhandled = []
        return raised or outcome

    def stop(self) -> object:
        """L4."""
        self._outside()
        if self.status in ("completed", "terminated", "stopped"):
            return "stopped"
        return self._leave_all() or "stopped"

    def states(self) -> tuple[str, ...]:
        """L2: the active leaves, in order of declaration."""
        leaves = [p for p in self.tree.in_order(self.root) if p in self.active and not self._active_in(p)]
        return tuple("/" + "/".join(leaf) for leaf in leaves)

    def _outside(self) -> None:
        self.sends = SENDS
        self.spent = 0

    def _next(self) -> str | None:
        """D2: what comes back comes before the queue."""
        for several in (self.recalled, self.queue):
            if several:
                return several.pop(0)
        return None

    def _process(self, name: str) -> str:
        """One event to its end (T1), and what is recalled after it (D2)."""
        self._spend()
        decision = self._decide(name)
        self._fire_all(decision, name)
        self._settle(name)
        if decision == HELD:
            self.held.append(name)
        self._recall()
        return "DEFERRED" if decision == HELD else "TAKEN" if decision else "IGNORED"

    def _recall(self) -> None:
        if self.has_moved:
            self.has_moved = False
            self.recalled = self.held + self.recalled
            self.held = []

    def _leave_all(self) -> list[str]:
        self._leave_inside(OUTSIDE, "hsm_final")
        raised, self.errors = self.errors, []
        self.status = "stopped"
        return raised

    def _spend(self) -> None:
        self.spent += 1
        if self.spent > self.budget:
            raise Endless

    def _settle(self, name: str) -> None:
        """Q5: errors first, then completions, then changes, until nothing is left; C3 and R8: then the end."""
        self._ask_changes(name)
        while not self.ended and (self.errors or self.completions or self.changes):
            self._spend()
            if self.errors:
                name = "hsm_error"
                self._handle_error(self.errors.pop(0))
            elif self.completions:
                name, state = "hsm_completion", self.completions.pop(0)
                self._fire_all(self._first_enabled(self._on_completion(state), name, {}), name)
            else:
                name, placed = "hsm_change", self.changes.pop(0)
                if placed.source not in self.active:
                    continue
                self._fire_all(self._first_enabled([placed], name, {}), name)
            self._ask_changes(name)
        if self.ended:
            self.status = self.ended
            self.unhandled += self.errors
            self.errors = []
            self.queue, self.recalled, self.held = [], [], []

    def _ask_changes(self, name: str) -> None:
        """T6: what has become true since it was last asked, innermost first."""
        for state in self._inside_out(self.root) if not self.ended else []:
            for placed in self.tree.outgoing(state):
                if placed.move.when is not None:
                    holds = bool(self._holds(placed.move.when, placed.root, name))
                    if holds and not self.truths.get(placed, False):
                        self.changes.append(placed)
                    self.truths[placed] = holds

    def _inside_out(self, path: tuple) -> list[tuple]:
        """The active vertices in *path*, innermost first, and *path* itself."""
        return [*(inner for child in self._active_in(path) for inner in self._inside_out(child)), path]

    def _handle_error(self, error: str) -> None:
        """E3 to E5: an error that is not taken is unhandled, and so is one that handling it causes."""
        later, self.errors = self.errors, []
        decision = self._decide("hsm_error")
        self._fire_all(decision, "hsm_error")
        if not decision:
            self.unhandled.append(error)
        self.unhandled += self.errors
        self.errors = later

    # --- which transition fires ------------------------------------------------------------------------------

    def _decide(self, name: str) -> list | str:
        """T4: the transitions that fire, each with its way; nothing; or `HELD`."""
        wanted = self._wanted(self.root, name, {})
        if wanted == HELD:
            return HELD
        chosen: list = []
        for each in wanted:  # one that gives way to another is no reason for a third to give way
            if not self._conflicts(each, chosen):
                chosen.append(each)
        return chosen

    def _wanted(self, path: tuple, name: str, asked: dict) -> list | str:
        """T2, D1, D3: what each region in *path* chooses for itself, or `HELD`.

        *asked* keeps what guards behind junctions gave: two ways may lead there, and each is asked once (T2).
        """
        chosen: list = []
        for child in self._active_in(path):
            decision = self._wanted(child, name, asked)
            if decision == HELD:
                return HELD
            chosen += decision
        if chosen:
            return chosen
        found = self._first_enabled(self._triggered(path, name), name, asked)
        if not found and any(matches(pattern, name) for pattern in self.tree.defers[path]):
            return HELD
        return found

    def _triggered(self, path: tuple, name: str) -> list[Placed]:
        """T2: an exact name before prefixes, longer ones first, before ``*``; else in order of declaration."""

        def rank(placed: Placed) -> int:
            best = max((p for p in placed.move.on if matches(p, name)), key=lambda p: (p == name, len(p)))
            return -1000 if best == name else -len(best)

        moves = [p for p in self.tree.outgoing(path) if any(matches(pattern, name) for pattern in p.move.on)]
        return sorted(moves, key=rank)

    def _first_enabled(self, moves: list[Placed], name: str, asked: dict) -> list:
        for placed in moves:
            way: dict = {}
            if self._all_hold(placed, name) and self._is_open(placed, way, asked, name):
                return [(placed, way)]
        return []

    def _is_open(self, placed: Placed, way: dict, asked: dict, name: str) -> bool:
        """R4: whether a way is open through the junctions, doors and joins behind; it is kept in *way*."""
        for target in placed.targets:
            if self.tree.kinds[target] not in STATIC or self._only_waits(placed, target):
                continue
            branches = self.tree.outgoing(target)
            if not branches and self.tree.kinds[target] == "exit_point":
                continue
            for branch in branches:
                if branch not in asked:
                    asked[branch] = self._all_hold(branch, name)
                if asked[branch] and self._is_open(branch, way, asked, name):
                    way[target] = branch
                    break
            else:
                return False
        return True

    def _only_waits(self, placed: Placed, target: tuple) -> bool:
        """R6: other regions have not come to this join yet."""
        others = [region for region in self.tree.joining(target) if not inside(region, placed.source)]
        return any(self.waiting.get(region) != target for region in others)

    def _conflicts(self, each: tuple, chosen: list) -> bool:
        """T4: two that would leave the same vertices."""
        mine = self._would_leave(each)
        return any(mine & self._would_leave(other) for other in chosen)

    def _would_leave(self, each: tuple) -> set[tuple]:
        placed, way = each
        outers = [outer for segment in (placed, *way.values()) for outer in self._route(segment)[0]]
        return {path for path in self.active for outer in outers if inside(outer, path)}

    def _all_hold(self, placed: Placed, name: str) -> bool:
        """T3 and E2."""
        for guard in placed.move.guards:
            errors = len(self.errors)
            holds = self._holds(guard, placed.root, name)
            if len(self.errors) > errors or not holds:
                return False
        return True

    def _holds(self, cond: Cond, root: tuple, name: str) -> bool | None:
        """Whether *cond* holds; ``None`` once something in it has failed: then nothing more of it is asked."""
        if cond.kind == "in":
            return (*root, *cond.path) in self.active
        if cond.kind == "not":
            answer = self._holds(cond.inner[0], root, name)
            return None if answer is None else not answer
        if cond.kind in ("all", "any"):
            for each in cond.inner:
                answer = self._holds(each, root, name)
                if answer is None or answer is (cond.kind == "any"):
                    return answer
            return cond.kind == "all"
        self.log.append(f"?{cond.label}@{name}")
        if cond.kind == "fail":
            self.errors.append(cond.label)
            return None
        return self.variables[cond.what]

    # --- what is left and what is entered --------------------------------------------------------------------

    def _fire_all(self, decision: list | str, name: str) -> None:
        """T4: all that was chosen, but for what an earlier one has left."""
        fires = [(*each, self.active[each[0].source]) for each in decision] if decision != HELD else []
        for placed, way, activation in fires:
            if not self.ended and self.active.get(placed.source) == activation:
                leaves = [path for path in self.active if not self._active_in(path)]
                self.before = [p for leaf in leaves for p in (self.came_from[leaf] if leaf in self.waiting else [leaf])]
                self._fire(placed, name, way)

    def _fire(self, placed: Placed, name: str, way: dict) -> None:
        """K4: leave, effects, enter."""
        leaves, within = self._route(placed)
        for outer in leaves:
            self._leave_inside(outer, name)
        self._run(placed.move.effects, name)
        regions = self.tree.joining(placed.targets[0]) if len(placed.targets) == 1 else []
        mine = [region for region in regions if inside(region, placed.source)]
        if mine:
            target = placed.targets[0]
            self.waiting[mine[0]] = target
            self.came_from[mine[0]] = [path for path in self.before if inside(mine[0], path)]
            if all(self.waiting.get(region) == target for region in regions):
                self._reach(target, name, way)
        elif len(placed.targets) == 1 and self.tree.kinds[placed.targets[0]] == "exit_point":
            self._reach(placed.targets[0], name, way)
        elif placed.targets:
            self._enter_inside(within, placed.targets, name, way)

    def _route(self, placed: Placed) -> tuple[list[tuple], tuple]:
        """The vertices whose insides are left, and the vertex from which is entered (K1 to K4, R6, R7)."""
        source, targets, kinds = placed.source, placed.targets, self.tree.kinds
        if not targets:
            return [], source
        if kinds[targets[0]] in ("join", "exit_point"):
            owners = [r[:-1] for r in self.tree.joining(targets[0])] or [targets[0][:-1]]
            region = [region for region in self.tree.regions(owners[0]) if inside(region, source)]
            return region or [owners[0]], owners[0]
        if kinds[source] == "entry_point":
            return [], source[:-1]
        if kinds[source] == "exit_point":
            source = source[:-1]
        elif kinds[source] == "join":
            source = self.tree.joining(source)[0][:-1]
        elif kinds[source] in STATES and not placed.move.is_external and all(inside(source, t) for t in targets):
            regions = [r for r in reversed(self.tree.regions(source)) if any(inside(r, t) for t in targets)]
            return regions or [source], source
        outer = container(source, *targets)
        return [outer], outer

    def _leave_inside(self, outer: tuple, name: str) -> None:
        """K4: innermost first, later regions before earlier ones."""
        self._remember(outer)
        owner = outer[:-1] if outer and self.tree.kinds[outer] == "region" else outer
        self.complete.discard(owner)
        self.completions = [state for state in self.completions if state != owner]
        self.waiting.pop(outer, None)
        for child in reversed(self._active_in(outer)):
            self._leave_inside(child, name)
            self._run(self.tree.exit[child], name)
            del self.active[child]
            self.truths = {placed: holds for placed, holds in self.truths.items() if placed.source != child}
            self.has_moved = True

    def _remember(self, owner: tuple) -> None:
        """R5: what was active in *owner* before the transition; nothing after its final state."""
        leaves = [path for path in self.before if inside(owner, path)]
        if leaves:
            places = [owner, *self.tree.regions(owner)] if owner else []
            has_ended = all(self.tree.kinds[path] == "final" and path[:-1] in places for path in leaves)
            self.memory[owner] = [] if has_ended else leaves

    def _enter(self, path: tuple, goals: list[tuple], name: str, way: dict) -> None:
        """K5: *path* itself, then what lies towards *goals* in it, by default its default entry."""
        kind = self.tree.kinds[path]
        if kind not in REAL:
            self._reach(path, name, way)
            return
        self._activate(path)
        if kind == "final":
            owner = path[:-1] if self.tree.kinds[path[:-1]] != "region" else path[:-2]
            if owner == self.root and self._has_ended(owner):
                self.ended = "completed"
            else:
                self._complete_if_done(owner)
            return
        self._run(self.tree.entry[path], name)
        self._complete_if_done(path)
        self._enter_inside(path, [goal for goal in goals if goal != path], name, way)

    def _activate(self, path: tuple) -> None:
        self.activations += 1
        self.active[path] = self.activations
        self.has_moved = True

    def _enter_inside(self, outer: tuple, goals: list[tuple], name: str, way: dict) -> None:
        """R1 to R3: from the active *outer* on to *goals* in it."""
        if outer == OUTSIDE:
            self._enter(self.root, goals, name, way)
        elif not goals:
            self._default_entry(outer, name, way)
        elif goals[0][:-1] == outer and self.tree.kinds[goals[0]] not in REAL:
            self._reach(goals[0], name, way)
        elif regions := self.tree.regions(outer):
            activation = self.active[outer]
            for region in regions:
                inner = [goal for goal in goals if inside(region, goal)]
                is_new = region not in self.active
                if is_new:
                    self._activate(region)
                if is_new or inner:
                    self.waiting.pop(region, None)
                    self._enter_inside(region, inner, name, way)
                if self.ended or self.active.get(outer) != activation:
                    return  # a choice has led out again
        else:
            child = goals[0][: len(outer) + 1]
            self._enter(child, goals, name, way)

    def _default_entry(self, outer: tuple, name: str, way: dict) -> None:
        """R1, R2, R3."""
        if outer in self.tree.defaults:
            default = self.tree.defaults[outer]
            self._run(default.move.effects, name)
            self._enter_inside(outer, default.targets, name, way)
        elif regions := self.tree.regions(outer):
            self._enter_inside(outer, regions, name, way)
        else:
            for child in self.tree.children[outer]:
                if self.tree.kinds[child] in REAL:
                    self._enter(child, [], name, way)
                    return

    def _reach(self, path: tuple, name: str, way: dict) -> None:
        """R4 to R8: go on from a pseudostate; what it stands in is active."""
        kind, owner, outgoing = self.tree.kinds[path], path[:-1], self.tree.outgoing(path)
        if kind == "terminate":
            self.ended = "terminated"
        elif kind == "entry_point":
            self._from_entry_point(owner, outgoing, name)
        elif kind == "fork":
            goals = [target for branch in outgoing for target in branch.targets]
            outer = container(path, *goals)
            self._leave_inside(outer, name)
            for branch in outgoing:
                self._run(branch.move.effects, name)
            self._enter_inside(outer, goals, name, {})
        elif kind in ("shallow_history", "deep_history"):
            self._restore(path, name)
        elif path in way:
            self._fire(way[path], name, way)
        elif not outgoing:  # an exit point of the model itself
            self.ended = "completed"
        else:
            for branch, behind in self._first_enabled(outgoing, name, {}):
                self._fire(branch, name, behind)

    def _from_entry_point(self, owner: tuple, outgoing: list[Placed], name: str) -> None:
        for branch in outgoing:
            self._run(branch.move.effects, name)
        self._enter_inside(owner, [target for branch in outgoing for target in branch.targets], name, {})

    def _restore(self, history: tuple, name: str) -> None:
        """R5."""
        owner, default = history[:-1], self.tree.defaults.get(history)
        memory = self.memory.get(owner)
        if memory and self.tree.kinds[history] == "shallow_history":
            self._enter_inside(owner, [memory[0][: len(owner) + 1]], name, {})
        elif memory:
            self._enter_inside(owner, memory, name, {})
        elif default is not None:
            self._run(default.move.effects, name)
            self._enter_inside(owner, default.targets, name, {})
        else:
            self._enter_inside(owner, [], name, {})

    # --- completion, and what is active ----------------------------------------------------------------------

    def _complete_if_done(self, path: tuple) -> None:
        """C1: a simple state at once, others when they have ended."""
        if path not in self.active or path in self.complete:
            return
        is_simple = not any(self.tree.kinds[child] in REAL for child in self.tree.children[path])
        if is_simple or self._has_ended(path):
            self.complete.add(path)
            self.completions += [path] if self._on_completion(path) else []

    def _on_completion(self, path: tuple) -> list[Placed]:
        """T6: transitions without a trigger."""
        return [p for p in self.tree.outgoing(path) if not p.move.on and p.move.when is None]

    def _has_ended(self, owner: tuple) -> bool:
        """C1: its final state is active, or that of every region."""
        return bool(owner) and all(
            any(self.tree.kinds[child] == "final" for child in self._active_in(each))
            for each in self.tree.regions(owner) or [owner]
        )

    def _active_in(self, path: tuple) -> list[tuple]:
        """The active children of *path*, in order of declaration."""
        if path == OUTSIDE:
            return [self.root] if self.root in self.active else []
        return [child for child in self.tree.children[path] if child in self.active]

    def _run(self, acts: object, name: str) -> None:
        """K6, E1: in order, up to the first that fails."""
        for act in acts:
            self.log.append(f"{act.label}@{name}")
            if act.does == "send" and self.sends:
                self.sends -= 1
                self.queue.append(act.what)
            elif act.does == "fail":
                self.errors.append(act.label)
                return
            elif act.does in ("set", "clear"):
                self.variables[act.what] = act.does == "set"
