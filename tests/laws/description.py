"""A machine as plain data, and the functions that build it: what both the library and the reference are given.

A `Description` says everything about a machine and nothing about how it is spelled. `build_functional` spells it
with the calls of `hsm`; `action` and `predicate` make the behaviours, for any other front end as well.
Paths are tuples of names from the model inwards; the model itself is ``()``.
"""

from __future__ import annotations

import asyncio
import inspect

import attrs

import hsm

MIXED, SYNC, ASYNC = "mixed", "sync", "async"
"""How behaviours are made: each as it says itself, or all in one way."""
SENDS = 6
"""How many events behaviours may send to their own machine for each operation from outside."""
VARIABLES = ("u", "v")
EVENTS = ("a", "b", "x.1", "x.y.2")


@attrs.frozen
class Act:
    """A behaviour: writes its label, and then sends, fails, or sets a variable to true or false; gives its label.

    It takes so many *seconds* between the two. An activity writes when the seconds are over; one that sends goes on
    for as long again, and one that is to return does so when it is cancelled, too.
    """

    label: str
    does: str = "log"  # log, send, fail, set, clear; of an activity: return
    what: str = ""
    is_async: bool = False
    seconds: float = 0.0


@attrs.frozen
class Cond:
    """A condition: a variable, one that raises, an active vertex, or others put together; a guard may take *seconds*."""

    kind: str  # var, fail, in, not, all, any
    label: str = ""
    what: str = ""
    path: tuple[str, ...] = ()
    inner: tuple[Cond, ...] = ()
    is_async: bool = False
    seconds: float = 0.0


@attrs.frozen
class Move:
    """A transition; also an `initial`, and what a history does without a memory.

    ``source`` is ``None`` where it is the vertex that the transition is written in; ``spelling`` says how its paths
    are written, and ``when`` is a change trigger. ``timer`` is a function of `hsm` and its seconds, which the behaviour
    ``span`` gives where there is one; ``call`` is an operation.
    """

    on: tuple[str, ...] = ()
    when: Cond | None = None
    guards: tuple[Cond, ...] = ()
    targets: tuple[tuple[str, ...], ...] = ()
    effects: tuple[Act, ...] = ()
    source: tuple[str, ...] | None = None
    is_external: bool = False
    spelling: str = "absolute"  # absolute, dotted, bare
    timer: tuple[str, float] | None = None
    span: Act | None = None
    call: str = ""


@attrs.frozen
class Node:
    """A vertex, with what is in it in order; ``kind`` is the name of the function of `hsm` that makes it."""

    kind: str
    name: str
    parts: tuple[Node | Move, ...] = ()
    entry: tuple[Act, ...] = ()
    exit: tuple[Act, ...] = ()
    activities: tuple[Act, ...] = ()
    defers: tuple[str, ...] = ()
    default: Move | None = None
    model: Node | None = None

    def all(self) -> list[Node]:
        """This and every node in it, in order."""
        inside = [part for part in (self.model, *self.parts) if isinstance(part, Node)]
        return [self, *(inner for part in inside for inner in part.all())]


@attrs.frozen
class Description:
    """A whole machine: a node of kind ``model``."""

    root: Node

    def kinds(self) -> list[str]:
        """The kind of every vertex."""
        return [node.kind for node in self.root.all()]

    def __str__(self) -> str:
        return "\n".join(_lines(self.root, ""))


# --- behaviours ----------------------------------------------------------------------------------------------


class Recorder(hsm.Instance):
    """What described behaviours work on: a log, variables, and how many events they may still send.

    When an activity begins is written apart, in `begun`: a task begins when the loop comes to it, and no rule says
    before which behaviours of the step that started it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.log: list[str] = []
        self.begun: list[str] = []
        self.variables = dict.fromkeys(VARIABLES, False)
        self.sends = SENDS
        self.counts_uses = False


class Failure(Exception):
    """What a behaviour that fails raises."""


def action(act: Act, mode: str = MIXED):
    """The behaviour that *act* describes."""

    def run(ctx, self, event):
        self.log.append(f"{act.label}@{_seen(event)}")
        return _do(act, self)

    async def slow(ctx, self, event):
        self.log.append(f"{act.label}@{_seen(event)}")
        await asyncio.sleep(act.seconds)
        return _do(act, self)

    return slow if act.seconds else _in_mode(run, act.is_async, mode)


def _do(act: Act, recorder: Recorder) -> str:
    if act.does == "send" and recorder.sends:
        recorder.sends -= 1
        recorder.dispatch(act.what)
    elif act.does == "fail":
        raise Failure(act.label)
    elif act.does in ("set", "clear"):
        recorder.variables[act.what] = act.does == "set"
    return act.label


def activity(act: Act):
    """The activity that *act* describes.

    One that is cancelled writes that as well; before any time has passed it leaves no trace instead, as it need not
    have begun.
    """

    async def run(ctx, self, event):
        began = asyncio.get_running_loop().time()
        line = f"{act.label}@{_seen(event)} at {began}"
        self.begun.append(line)
        try:
            await asyncio.sleep(act.seconds)
            self.log.append(f"{act.label}@{_seen(event)}")
            _do(act, self)
            if act.does == "send":
                await asyncio.sleep(act.seconds)
                self.log.append(f"over {act.label}")
        except asyncio.CancelledError:
            if asyncio.get_running_loop().time() == began and line in self.begun:
                self.begun.remove(line)
            else:
                self.log.append(f"{'unwanted' if ctx.done else 'cut off'} {act.label}")
            if act.does != "return":
                raise

    return run


def duration(span: Act, seconds: float, mode: str = MIXED):
    """The function that gives a timer its *seconds*, and does what *span* describes."""
    behavior = action(span, mode)

    def plain(ctx, self, event):
        behavior(ctx, self, event)
        return seconds

    async def suspending(ctx, self, event):
        await behavior(ctx, self, event)
        return seconds

    return suspending if inspect.iscoroutinefunction(behavior) else plain


def _seen(event: hsm.Event) -> str:
    """What a behaviour sees of *event*: its name; of a timer's its tick as well, and of a call that it is one."""
    if isinstance(event.data, hsm.Tick):
        return f"{event.name} {event.data.due}#{event.data.number}+{event.data.missed}"
    return f"{event.name}()" if isinstance(event.data, hsm.Arguments) else event.name


def predicate(cond: Cond, mode: str = MIXED):
    """The guard that the simple condition *cond* describes."""

    def ask(ctx, self, event):
        self.log.append(f"?{cond.label}@{_seen(event)}")
        return answer(self)

    async def slow(ctx, self, event):
        self.log.append(f"?{cond.label}@{_seen(event)}")
        await asyncio.sleep(cond.seconds)
        return answer(self)

    def answer(self):
        if cond.kind == "fail":
            raise Failure(cond.label)
        return self.variables[cond.what]

    return slow if cond.seconds else _in_mode(ask, cond.is_async, mode)


def _in_mode(function, is_async: bool, mode: str):
    if mode == SYNC or (mode == MIXED and not is_async):
        return function

    async def suspending(ctx, self, event):
        await asyncio.sleep(0)
        return function(ctx, self, event)

    return suspending


# --- the functional front end --------------------------------------------------------------------------------


def build_functional(description: Description, mode: str = MIXED) -> hsm.Model:
    """*description* in calls of `hsm`.

    Raises:
        hsm.DefinitionError: It describes no valid machine.
    """
    return Functional(mode, description.root.name).model(description.root)


@attrs.frozen
class Functional:
    """The spelling of one model: in which mode its behaviours are, and what the model is called."""

    mode: str
    name: str
    known: dict = attrs.Factory(dict)
    """The conditions so far that are one predicate, by its label: it is the same one wherever it stands (rule T6)."""

    def model(self, node: Node) -> hsm.Model:
        return hsm.define(node.name, *self._inside(node, ()))

    def _inside(self, node: Node, at: tuple[str, ...]) -> list:
        """The parts of *node*, which stands at *at*."""
        parts = []
        if node.entry:
            first, *others = self._actions(node.entry)
            parts.append(hsm.entry(first))
            parts += [hsm.effect(*others)] if others else []  # in a state they are entry actions (rule K6)
        if node.exit:
            parts.append(hsm.exit(*self._actions(node.exit)))
        if node.activities:
            parts.append(hsm.activity(*map(activity, node.activities)))
        if node.defers:
            parts.append(hsm.defer(*node.defers))
        if node.default is not None:
            parts.append(hsm.initial(*self._default(node.default, at)))
        return parts + [
            self._move(part, at) if isinstance(part, Move) else self._vertex(part, (*at, part.name))
            for part in node.parts
        ]

    def _vertex(self, node: Node, at: tuple[str, ...]):
        make = getattr(hsm, node.kind)
        if node.kind == "submachine":
            model = Functional(self.mode, node.model.name).model(node.model)
            return make(node.name, model, *self._inside(node, at))
        if node.kind in ("shallow_history", "deep_history"):
            return make(node.name, *self._default(node.default or Move(), at))
        return make(node.name, *self._inside(node, at))

    def _default(self, move: Move, at: tuple[str, ...]) -> list:
        return [*self._target(move, at), *self._effect(move)]

    def _move(self, move: Move, at: tuple[str, ...]):
        base = at if move.source is None else move.source
        parts = [hsm.on(*move.on)] if move.on else []
        if move.timer is not None:
            parts.append(getattr(hsm, move.timer[0])(self._seconds(move)))
        if move.call:
            parts.append(hsm.on_call(move.call))
        if move.when is not None:
            parts.append(hsm.when(self._condition(move.when)))
        if move.source is not None:
            parts.append(hsm.source(self._path(move.source, at, move.spelling)))
        parts += [self._condition(guard) for guard in move.guards]
        parts += self._target(move, base)
        if move.is_external:
            parts.append(hsm.external())
        return hsm.transition(*parts, *self._effect(move))

    def _seconds(self, move: Move):
        """What the timer of *move* is given."""
        seconds = move.timer[1]
        return seconds if move.span is None else duration(move.span, seconds, self.mode)

    def _target(self, move: Move, base: tuple[str, ...]) -> list:
        paths = [self._path(target, base, move.spelling) for target in move.targets]
        return [hsm.target(*paths)] if paths else []

    def _effect(self, move: Move) -> list:
        return [hsm.effect(*self._actions(move.effects))] if move.effects else []

    def _actions(self, acts: tuple[Act, ...]) -> list:
        return [action(act, self.mode) for act in acts]

    def _condition(self, cond: Cond):
        inner = [self._condition(each) for each in cond.inner]
        if cond.kind == "not":
            return hsm.not_(*inner)
        if cond.kind in ("all", "any"):
            return (hsm.all_of if cond.kind == "all" else hsm.any_of)(*inner)
        if cond.kind == "in":
            return hsm.in_state(self._path(cond.path, (), "absolute"))
        if cond.label not in self.known:
            self.known[cond.label] = hsm.guard(predicate(cond, self.mode))
        return self.known[cond.label]

    def _path(self, path: tuple[str, ...], base: tuple[str, ...], spelling: str) -> str:
        """*path* as it is written at *base* (rules N3 to N5); a bare one needs names that are unique."""
        if spelling == "absolute" or (spelling == "bare" and not path):
            return "/" + "/".join((self.name, *path))
        shared = 0
        while path[shared : shared + 1] and path[shared : shared + 1] == base[shared : shared + 1]:
            shared += 1
        if spelling == "bare":
            return "/".join(path[min(shared, len(path) - 1) :])
        up = [".."] * (len(base) - shared) or ["."]
        return "/".join((*up, *path[shared:]))


# --- for people ----------------------------------------------------------------------------------------------


def _lines(node: Node, margin: str):
    """*node* as indented text."""
    words = [node.kind, node.name]
    words += [f"entry={_acts(node.entry)}"] if node.entry else []
    words += [f"exit={_acts(node.exit)}"] if node.exit else []
    words += [f"activity={_acts(node.activities)}"] if node.activities else []
    words += [f"defer={','.join(node.defers)}"] if node.defers else []
    yield margin + " ".join(words)
    if node.default is not None:
        yield f"{margin}  default {_text(node.default)}"
    if node.model is not None:
        yield from _lines(node.model, margin + "  : ")
    for part in node.parts:
        if isinstance(part, Move):
            yield f"{margin}  {_text(part)}"
        else:
            yield from _lines(part, margin + "  ")


def _text(move: Move) -> str:
    words = [f"on {','.join(move.on)}"] if move.on else []
    words += ["{} {}".format(*move.timer)] if move.timer is not None else []
    words += [f"by {_acts((move.span,))}"] if move.span is not None else []
    words += [f"call {move.call}"] if move.call else []
    words += [f"when {_cond(move.when)}"] if move.when is not None else []
    words += [f"from /{'/'.join(move.source)}"] if move.source is not None else []
    words += [f"[{_cond(guard)}]" for guard in move.guards]
    words += ["-> " + " & ".join("/" + "/".join(target) for target in move.targets)] if move.targets else []
    words += ["external"] if move.is_external else []
    words += [f"/ {_acts(move.effects)}"] if move.effects else []
    return " ".join(words) or "transition"


def _acts(acts: tuple[Act, ...]) -> str:
    words = [
        f"{act.label}:{act.does}{' ' + act.what if act.what else ''}{f' {act.seconds}s' if act.seconds else ''}"
        for act in acts
    ]
    return f"({' '.join(words)})"


def _cond(cond: Cond) -> str:
    if cond.kind == "in":
        return "in /" + "/".join(cond.path)
    inner = ", ".join(_cond(each) for each in cond.inner)
    if inner:
        return f"{cond.kind}({inner})"
    return f"{cond.label}:{cond.what or 'fail'}{f' {cond.seconds}s' if cond.seconds else ''}"
