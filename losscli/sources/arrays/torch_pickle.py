"""The pickle inside a torch file, interpreted by a small machine that knows tensors and plain containers alone. Nothing is imported
or called: every other class or function that the pickle names is refused."""

from __future__ import annotations

import pickletools
import struct
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from losscli.core.errors import visible
from losscli.core.records import dataclass
from losscli.sources.arrays.small_floats import BFLOAT16, FLOAT8_E4M3FN, FLOAT8_E5M2, SmallFloat
from losscli.sources.arrays.tensors import MOST_AXES

Kind = np.dtype[Any] | SmallFloat

ALONE = "save the tensors alone: torch.save({'pred': tensor}, 'new.pt')"
_AGAIN = "write the file again with torch.save"
_KINDS: dict[str, Kind] = {
    **{name: np.dtype(name) for name in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")},
    **{name: np.dtype(name) for name in ("uint16", "uint32", "uint64", "complex64", "complex128")},
    **{small.name: small for small in (BFLOAT16, FLOAT8_E4M3FN, FLOAT8_E5M2)},
}
"""The element types by their names in torch."""
_STORAGES = {
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "LongStorage": "int64",
    "IntStorage": "int32",
    "ShortStorage": "int16",
    "CharStorage": "int8",
    "ByteStorage": "uint8",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
}
_REFUSED = {
    "numpy": ("contains NumPy arrays, which are pickled in it", "save them with numpy.savez('new.npz', pred=array)"),
    "torch._utils._rebuild_sparse_tensor": ("contains a sparse tensor", "save tensor.to_dense()"),
    "torch._utils._rebuild_qtensor": ("contains a quantized tensor", "save tensor.dequantize()"),
    "torch._utils._rebuild_nested_tensor": ("contains a nested tensor", "save tensor.to_padded_tensor(0)"),
}
"""What is known of some globals, or of all of a package, and what would mend it."""


class Refused(Exception):
    """What the pickle contains, and what would mend it."""

    def __init__(self, what: str, fix: str = ALONE) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


@dataclass(frozen=True)
class Storage:
    """A block of values in a member of the archive. kind: None for bytes whose type the tensor says."""

    kind: Kind | None
    key: str
    size: int


@dataclass(frozen=True)
class TensorView:
    """A view of a storage; offset and strides count elements."""

    storage: Storage
    kind: Kind
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(frozen=True)
class _Name:
    """One of the few globals that are understood."""

    text: str


def read(raw: bytes) -> Any:
    """What `torch.load` returns, with a `TensorView` for each tensor. Raises Refused."""
    machine = _Machine()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in opcodes of text, which are refused
            for opcode, argument, _ in pickletools.genops(raw):
                machine.step(opcode.name, argument)
    except (ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, RecursionError, struct.error) as e:
        why = f"no object {e} was kept before" if isinstance(e, KeyError) else str(e) or type(e).__name__
        raise Refused(f"broken data.pkl: {visible(why)}", _AGAIN) from None
    return machine.result()


_PUSHED = {
    *("BININT", "BININT1", "BININT2", "LONG1", "INT", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES"),
}
"""The opcodes whose argument is the value."""
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
}
_KEYS = {str, int, float, bool, type(None)}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_IGNORED = {"PROTO", "FRAME", "STOP"}


class _Machine:
    """A stack, the stacks below its marks, and the memo."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marked: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def result(self) -> Any:
        if len(self._stack) != 1 or self._marked:
            raise Refused("broken data.pkl: it does not end with one object", _AGAIN)
        return self._stack[0]

    def step(self, name: str, argument: Any) -> None:
        if name in _PUSHED:
            self._stack.append(argument)
        elif name in _CONSTANTS:
            self._stack.append(_CONSTANTS[name]())
        elif name in _TUPLES:
            self._stack.append(tuple(self._popped(_TUPLES[name])))
        elif name in _STEPS:
            _STEPS[name](self, argument)
        elif name not in _IGNORED:
            raise Refused(f"contains the pickle opcode {name}, which tensors do not need")

    def _popped(self, n: int) -> list[Any]:
        if len(self._stack) < n:
            raise IndexError("its stack is empty")
        found = self._stack[len(self._stack) - n :]
        del self._stack[len(self._stack) - n :]
        return found

    def _mark(self, _: Any) -> None:
        self._marked.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        found, self._stack = self._stack, self._marked.pop()
        return found

    def _tuple(self, _: Any) -> None:
        found = self._since_mark()
        self._stack.append(tuple(found))

    def _put(self, index: int | None) -> None:
        self._memo[len(self._memo) if index is None else index] = self._stack[-1]

    def _get(self, index: int) -> None:
        self._stack.append(self._memo[index])

    def _append(self, _: Any) -> None:
        self._extend(self._popped(1))

    def _appends(self, _: Any) -> None:
        self._extend(self._since_mark())

    def _extend(self, items: list[Any]) -> None:
        held = self._stack[-1]
        if type(held) is not list:
            raise TypeError("an item for what is not a list")
        held.extend(items)

    def _set_item(self, _: Any) -> None:
        self._update(self._popped(2))

    def _set_items(self, _: Any) -> None:
        self._update(self._since_mark())

    def _update(self, items: list[Any]) -> None:
        held = self._stack[-1]
        if type(held) is not dict or len(items) % 2:
            raise TypeError("an entry for what is not a dict")
        if any(type(key) not in _KEYS for key in items[::2]):  # the hash of nested tuples has no limit of depth
            raise Refused("contains a dict with keys that are not text")
        held.update(zip(items[::2], items[1::2], strict=True))

    def _global(self, text: str) -> None:
        module, _, name = text.partition(" ")
        self._stack.append(_known(module, name))

    def _stack_global(self, _: Any) -> None:
        self._stack.append(_known(*self._popped(2)))

    def _persistent(self, _: Any) -> None:
        (found,) = self._popped(1)
        if type(found) is not tuple or len(found) != 5:
            raise TypeError("not a storage")
        word, kind, key, _, size = found
        if word != "storage" or not isinstance(kind, _Name) or not isinstance(key, str) or not _counts(size):
            raise TypeError("not a storage")
        name = kind.text.rpartition(".")[2]
        if name != "UntypedStorage" and name not in _STORAGES:
            raise TypeError(f"{kind.text} is not a storage")
        self._stack.append(Storage(_KINDS[_STORAGES[name]] if name in _STORAGES else None, key, size))

    def _reduce(self, _: Any) -> None:
        called, arguments = self._popped(2)
        if not isinstance(called, _Name) or called.text not in _CALLS or not isinstance(arguments, tuple):
            raise TypeError("a call of what cannot be called")
        call, least, most = _CALLS[called.text]
        if not least <= len(arguments) <= most:
            raise TypeError(f"{called.text} of {len(arguments)} arguments")
        self._stack.append(call(*arguments))

    def _build(self, _: Any) -> None:
        """The attributes of a state_dict hold versions of modules; they are left out."""
        held, _ = self._popped(2)
        if type(held) is not dict:
            raise TypeError("attributes of what is not a dict")
        self._stack.append(held)


_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "MARK": _Machine._mark,
    "TUPLE": _Machine._tuple,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "MEMOIZE": _Machine._put,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "APPEND": _Machine._append,
    "APPENDS": _Machine._appends,
    "SETITEM": _Machine._set_item,
    "SETITEMS": _Machine._set_items,
    "GLOBAL": _Machine._global,
    "STACK_GLOBAL": _Machine._stack_global,
    "BINPERSID": _Machine._persistent,
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
}


def _known(module: str, name: str) -> _Name:
    """A global that is understood. Raises Refused for any other, by its name."""
    if not isinstance(module, str) or not isinstance(name, str):
        raise TypeError("a global without a name")
    text = f"{module}.{name}"
    element = module == "torch" and (name in _KINDS or name in _STORAGES)
    if element or text in _CALLS or text == "torch.storage.UntypedStorage":
        return _Name(text)
    shown = visible(text, 80)
    what = f"contains a {shown}, which is not a tensor" if name[:1].isupper() else f"calls {shown}, which tensors do not need"
    raise Refused(*_REFUSED.get(text, _REFUSED.get(module.partition(".")[0], (what, ALONE))))


def _counts(*values: Any) -> bool:
    return all(type(n) is int and 0 <= n < 1 << 63 for n in values)


def _rebuilt(storage: Any, kind: Any, offset: Any, shape: Any, strides: Any, metadata: Any) -> TensorView:
    if not isinstance(storage, Storage) or kind is None or not isinstance(shape, tuple) or not isinstance(strides, tuple):
        raise TypeError("not a tensor")
    if not _counts(offset, *shape, *strides) or len(shape) != len(strides) or len(shape) > MOST_AXES:
        raise TypeError(f"shape {shape} and strides {strides}")
    if metadata:
        raise Refused("contains a tensor that is conjugated or negated when it is read", "save tensor.resolve_conj().resolve_neg()")
    return TensorView(storage, kind, offset, shape, strides)


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, grad: Any, hooks: Any, metadata: Any = None) -> TensorView:
    return _rebuilt(storage, getattr(storage, "kind", None), offset, shape, strides, metadata)


def _typed_tensor(
    storage: Any, offset: Any, shape: Any, strides: Any, grad: Any, hooks: Any, kind: Any, metadata: Any = None
) -> TensorView:
    name = kind.text.rpartition(".")[2] if isinstance(kind, _Name) else ""
    return _rebuilt(storage, _KINDS.get(name), offset, shape, strides, metadata)


def _parameter(tensor: Any, grad: Any, hooks: Any) -> Any:
    return tensor


_CALLS: dict[str, tuple[Callable[..., Any], int, int]] = {
    "torch._utils._rebuild_tensor_v2": (_tensor, 6, 7),
    "torch._utils._rebuild_tensor_v3": (_typed_tensor, 7, 8),
    "torch._utils._rebuild_parameter": (_parameter, 3, 3),
    "torch.Size": (tuple, 1, 1),
    "collections.OrderedDict": (dict, 0, 0),
}
"""The globals that are called: with how many arguments, at least and at most."""
