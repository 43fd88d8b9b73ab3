"""Targets: from what a user names to models, with everything that is wrong on the way.

In: ``module:name``, ``path.py:name``, a module, a file, a package or a directory. Out: the models of what was imported
in `hsm.collect()`, generated and local ones included, or a `Problem`. What a module prints goes to standard error, so
that it cannot come between a report's lines. Of several files only those are imported that have to do with `hsm`.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import os
import sys
import traceback
from collections.abc import Generator, Iterator, Sequence
from types import ModuleType
from typing import Any, NoReturn

import attrs

import hsm
from hsm.check.sources import Sources
from hsm.cli.problems import Broken, Problem
from hsm.kinds import is_a
from hsm.names import closest, either, safe_repr
from hsm.position import Place

_HIDDEN = frozenset({"__pycache__", "node_modules"})
Model = hsm.Model[Any]


@attrs.frozen
class Found:
    """A model, and how its source calls it.

    Attributes:
        model: The model.
        value: What was named: the model, a class or an instance; ``None`` for a model that no name leads to.
        name: The name in the module; empty for a model that no name leads to.
        module: The module; ``None`` likewise.
    """

    model: Model
    value: Any = None
    name: str = ""
    module: ModuleType | None = None


@attrs.define(eq=False)
class Loaded:
    """What was imported.

    Attributes:
        files: The files that were named, or are in what was named.
        modules: The modules that were imported, by file.
        models: The models that were made meanwhile, those of other packages among them.
        diagnostics: What is wrong with these.
        problems: The modules that could not be imported.
        found: The model of each target that names one.
    """

    files: list[str] = attrs.field(factory=list[str])
    modules: dict[str, ModuleType] = attrs.field(factory=dict[str, ModuleType])
    models: list[Model] = attrs.field(factory=list[Model])
    diagnostics: list[hsm.Diagnostic] = attrs.field(factory=list[hsm.Diagnostic])
    problems: list[Problem] = attrs.field(factory=list[Problem])
    found: list[Found] = attrs.field(factory=list[Found])

    def own(self) -> list[Model]:
        """The models that are written in the files, in the order in which they were made."""
        files = {os.path.realpath(each) for each in self.files}
        return [
            each for each in self.models if (place := place_of(each)) is None or os.path.realpath(place.file) in files
        ]


def place_of(model: Model) -> Place | None:
    """Where *model* is written."""
    return None if model.where is None else model.where.place()


def load(targets: Sequence[str]) -> Loaded:
    """Import what *targets* name.

    Raises:
        Problem: A target names nothing; modules that cannot be imported are in `Loaded.problems` instead.
    """
    loaded = Loaded()
    with contextlib.redirect_stdout(sys.stderr):
        for target in targets:
            _load(loaded, target)
    return loaded


def one(target: str) -> Found:
    """The model that *target* names.

    Raises:
        Problem: It names none, or several; or its module cannot be imported.
        Broken: The model is wrong.
    """
    several = some(target)
    if len(several) > 1:
        names = names_of(several)
        example = f"{target.rstrip(':')}:{names[0]}"
        raise Problem(f"'{target}' has {len(several)} models", f"name one: {example}", f"it has {_list(names)}")
    return several[0]


def some(target: str) -> list[Found]:
    """The models that *target* names: one, or all that are in it; errors as for `one`."""
    loaded = load([target])
    if loaded.problems:
        raise loaded.problems[0]
    found = loaded.found or [_named(each, loaded) for each in loaded.own()]
    if not found:
        raise Problem(f"'{target}' defines no model")
    for each in found:
        error = each.model.derived.error
        if error is not None:
            raise Broken(str(error))
    return found


def names_of(several: Sequence[Found]) -> list[str]:
    """The names of *several* models, each once."""
    return list(dict.fromkeys([each.model.name for each in several]))


# --- what a target names -------------------------------------------------------------------------------------


def _load(loaded: Loaded, target: str) -> None:
    where, name = _split(target)
    if _is_path(where):
        path = os.path.abspath(where)
        if not os.path.exists(path):
            raise Problem(f"there is no file '{where}'", _similar_files(path))
        files = _files_in(path) if os.path.isdir(path) else [path]
    else:
        files = _files_of_module(loaded, where)
    loaded.files += [each for each in files if each not in loaded.files]
    wanted = files if name else [each.path for each in Sources(files).related()]
    wanted += [each for each in files if each not in wanted and not _can_be_parsed(each)]  # importing it says why
    for file in wanted:
        _import(loaded, file)
    if name and not files and not loaded.problems:
        raise Problem(f"'{where}' has no Python file")
    if name and not loaded.problems:
        loaded.found.append(_look_up(loaded, loaded.modules[files[0]], name, target))


def _split(target: str) -> tuple[str, str]:
    """The module or path, and the name in it, which may be empty."""
    where, colon, name = target.rpartition(":")
    is_drive = len(where) == 1 and os.name == "nt"
    return (where, name) if colon and not is_drive else (target, "")


def _is_path(where: str) -> bool:
    return where.endswith(".py") or os.sep in where or "/" in where or os.path.isdir(where) or where in (".", "..")


def _similar_files(path: str) -> str:
    folder = os.path.dirname(path)
    known = [each for each in os.listdir(folder) if each.endswith(".py")] if os.path.isdir(folder) else []
    close = closest(os.path.basename(path), known, 1)
    return f"did you mean {either(close)}?" if close else ""


def _files_in(folder: str) -> list[str]:
    """The Python files in *folder*, at any depth; hidden folders and environments are left out."""
    found: list[str] = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(
            each
            for each in folders
            if each not in _HIDDEN
            and not each.startswith(".")
            and not os.path.exists(os.path.join(root, each, "pyvenv.cfg"))
        )
        found += sorted([os.path.join(root, each) for each in files if each.endswith(".py")])
    return found


def _files_of_module(loaded: Loaded, name: str) -> list[str]:
    _put_first("")
    with _problems(loaded, f"module '{name}'"):
        try:
            spec = importlib.util.find_spec(name) if all(map(str.isidentifier, name.split("."))) else None
        except ModuleNotFoundError as error:
            if error.name is None or not f"{name}.".startswith(f"{error.name}."):
                raise  # it is missing in a package around the module, which is there
            spec = None
        if spec is None:
            raise Problem(f"there is no module '{name}'", _hint(name))
        if spec.submodule_search_locations:
            return [file for folder in spec.submodule_search_locations for file in _files_in(os.path.abspath(folder))]
        if spec.origin is None or not os.path.isfile(spec.origin):
            raise Problem(f"module '{name}' has no source to look at")
        return [os.path.abspath(spec.origin)]
    return []


def _hint(name: str) -> str:
    path = f"{name.replace('.', os.sep)}.py"
    if os.path.exists(path):  # found as a file, and not as a module: a folder on the way is shadowed
        return f"did you mean '{path}'?"
    return "modules are looked for in the working directory, and where Python looks for them"


# --- importing -----------------------------------------------------------------------------------------------


def _can_be_parsed(file: str) -> bool:
    return Sources([file]).file(file) is not None


def _import(loaded: Loaded, file: str) -> None:
    if file in loaded.modules:
        return
    with hsm.collect() as collected, _problems(loaded, f"'{_shown(file)}'", file):
        loaded.modules[file] = _module(file)
    made = collected.models or _models_in(loaded.modules.get(file))  # it may have been imported before
    loaded.models += [each for each in made if not any(each is known for known in loaded.models)]
    loaded.diagnostics += [each for each in collected.diagnostics if each not in loaded.diagnostics]


def _module(file: str) -> ModuleType:
    """The module that *file* is: of a package under its whole name, so that relative imports work."""
    folder, name = os.path.split(file)
    parts = [] if name == "__init__.py" else [os.path.splitext(name)[0]]
    while os.path.exists(os.path.join(folder, "__init__.py")):
        folder, last = os.path.split(folder)
        parts.insert(0, last)
    _put_first(folder)
    full = ".".join(parts)
    if len(parts) > 1 or name == "__init__.py":
        return importlib.import_module(full)
    known = sys.modules.get(full)
    if known is not None and os.path.abspath(getattr(known, "__file__", None) or "") == file:
        return known
    # a file such as `queue.py` must not take the place of a module that is there
    full = full if known is None else f"{full} at {file}"
    spec = importlib.util.spec_from_file_location(full, file)
    assert spec is not None  # it ends in .py, as everything here
    assert spec.loader is not None
    module = sys.modules[full] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[full]
        raise
    return module


def _put_first(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)


@contextlib.contextmanager
def _problems(loaded: Loaded, what: str, file: str = "") -> Generator[None]:
    """What is raised in the block, by a module of the user's, becomes a problem."""
    try:
        yield
    except (Problem, KeyboardInterrupt):
        raise
    except BaseException as error:  # a script may call `sys.exit`
        words = " ".join(traceback.format_exception_only(error)[-1].split())
        loaded.problems.append(Problem(f"{what} cannot be imported", words, place=_place(error, file)))


def _place(error: BaseException, file: str) -> Place | None:
    """Where in the user's own code *error* was raised."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        column = max((error.offset or 1) - 1, 0)
        return Place(error.filename, error.lineno, column, error.lineno, column + 1)
    frames = traceback.extract_tb(error.__traceback__)
    folder = os.path.dirname(file)
    own = [each for each in frames if file and os.path.abspath(each.filename).startswith(folder)]
    if not own or own[-1].lineno is None:
        return None
    at = own[-1]
    return Place(os.path.abspath(at.filename), at.lineno or 1, at.colno, at.end_lineno, at.end_colno)


def _shown(file: str) -> str:
    return os.path.relpath(file) if file.startswith(os.getcwd() + os.sep) else file


# --- names ---------------------------------------------------------------------------------------------------


def _look_up(loaded: Loaded, module: ModuleType, name: str, target: str) -> Found:
    value: Any = module
    try:
        for step in name.split("."):
            value = getattr(value, step)
    except AttributeError:
        return _called(name, loaded) or _nothing(module, name, target, loaded)
    model = _model_of(value)
    if model is not None:
        return Found(model, value, name, module)
    # a model may share its name with what it works on: a class `Order`, and the model "Order"
    return _called(name, loaded) or _no_model(value, target)


def _called(name: str, loaded: Loaded) -> Found | None:
    """The model whose own name is *name*; of several the last."""
    called = [each for each in loaded.own() if each.name == name]
    return _named(called[-1], loaded) if called else None


def _nothing(module: ModuleType, name: str, target: str, loaded: Loaded) -> NoReturn:
    names = sorted({each for each, _ in _named_models(module)} | {each.name for each in loaded.own()})
    close = closest(name, names)
    hint = f"did you mean {either(close)}?" if close else f"its models are {_list(names)}" if names else ""
    raise Problem(f"'{target.rpartition(':')[0]}' has nothing called '{name}'", hint)


def _no_model(value: Any, target: str) -> NoReturn:
    words = safe_repr(value) if not isinstance(value, type) else f"class {value.__name__!r}"
    why = "is abstract, or declares no states" if _is_machine_class(value) else "is not a model, and has none"
    raise Problem(f"'{target}' is {words}, which {why}", "name a model, or a class or an instance that has one")


def _is_machine_class(value: Any) -> bool:
    return isinstance(value, type) and hasattr(value, "hsm_is_abstract")


def _is_model(value: object) -> bool:
    return issubclass(type(value), hsm.Model)


def _model_of(value: Any) -> Model | None:
    """The model that *value* is, or that it has: a class derived from `hsm.Instance`, or an object of one."""
    # by its type alone: whatever else is in a module may be a proxy, which says that it is anything
    kind: type = value if is_a(value, type) else type(value)
    model: Any = getattr(kind, "model", None) if issubclass(kind, hsm.Instance) else value
    return model if _is_model(model) else None


def _named_models(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What in *module* has a model, with its name; classes, which make what the model runs on, before plain models."""
    values = [(name, value) for name, value in vars(module).items() if _model_of(value) is not None]
    yield from sorted(values, key=lambda each: not isinstance(each[1], type))


def _models_in(module: ModuleType | None) -> list[Model]:
    found = [_model_of(value) for _, value in _named_models(module)] if module is not None else []
    return [each for number, each in enumerate(found) if each is not None and each not in found[:number]]


def _named(model: Model, loaded: Loaded) -> Found:
    """*model*, with the name that leads to it."""
    for module in loaded.modules.values():
        for name, value in _named_models(module):
            if _model_of(value) is model:
                return Found(model, value, name, module)
    return Found(model)


def _list(names: Sequence[str]) -> str:
    return ", ".join([f"'{each}'" for each in names])
