"""From what a submission returned to a plain value, by exact type: nothing of the object's own code is asked.

A subclass of float may lie in `__repr__`, `__eq__` or `__float__`; so `type(value) is float` decides, and
everything that is not of a known exact type is refused by name.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

from . import wire

_NUMPY_SCALARS = {
    "bool": bool,
    "bool_": bool,
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"), int),
    **dict.fromkeys(("float16", "float32", "float64"), float),
    **dict.fromkeys(("complex64", "complex128"), complex),
}


def lower(value: object, max_bytes: int, depth: int = 0) -> wire.Plain:
    """Return the plain value of what a submission returned.

    Scalars of numpy become those of Python, which is exact for every dtype of `wire.DTYPES`; tensors of torch
    become arrays; expressions of SymPy, `Fraction` included, become `Expression`.

    Raises:
        wire.WireError: The value is of another type, too deep or too large; the message says which.
    """
    if depth > wire.MAX_DEPTH:
        raise wire.WireError(f"a value nested more than {wire.MAX_DEPTH} deep")
    kind = type(value)
    if value is None or kind in (bool, int, float, complex, str):
        return value  # type: ignore[return-value]  # exactly one of the types just named
    if isinstance(value, list | tuple) and kind in (list, tuple):
        if 4 * len(value) > max_bytes:
            raise wire.WireError(f"a {kind.__name__} of {len(value)} items")
        return kind(lower(item, max_bytes, depth + 1) for item in value)
    if isinstance(value, dict) and kind is dict:
        return {
            key if type(key) is str else _refuse_key(key): lower(item, max_bytes, depth + 1)
            for key, item in value.items()
        }
    found = _from_libraries(value, kind, max_bytes)
    if found is not None:
        return found
    raise wire.WireError(f"a value of type {_name(kind)}")


def _refuse_key(key: object) -> str:
    raise wire.WireError(f"a dict with a key of type {_name(type(key))}, wanted str")


def _name(kind: type) -> str:
    """Return the name of a type without asking its metaclass."""
    name = type.__dict__["__name__"].__get__(kind)
    return name if type(name) is str else "?"


def _from_libraries(value: Any, kind: type, max_bytes: int) -> wire.Plain:
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if kind is numpy.ndarray:
            return wire.array_from_numpy(value, max_bytes)
        scalar = _NUMPY_SCALARS.get(_name(kind))
        if scalar is not None and kind is getattr(numpy, _name(kind), None):
            plain: wire.Plain = value.item()
            return plain if type(plain) is scalar else None
    torch = sys.modules.get("torch")
    if torch is not None and kind in (torch.Tensor, torch.nn.Parameter):
        return _from_tensor(value, torch, max_bytes)
    if kind is Fraction:
        return wire.Expression(str(value))
    sympy = sys.modules.get("sympy")
    if sympy is not None and isinstance(value, sympy.Basic | sympy.MatrixBase):
        module = type.__dict__["__module__"].__get__(kind)
        if type(module) is str and module.split(".")[0] == "sympy":
            text = str(value)
            if type(text) is str:
                return wire.Expression(text)
    return None


def _from_tensor(value: Any, torch: Any, max_bytes: int) -> wire.Array:
    if value.layout is not torch.strided:
        raise wire.WireError(f"a tensor of layout {value.layout}, wanted a dense one")
    plain = value.detach().resolve_conj().resolve_neg().cpu()
    if plain.dtype is torch.bfloat16:
        plain = plain.float()  # exact: numpy has no bfloat16
    return wire.array_from_numpy(plain.numpy(), max_bytes)
