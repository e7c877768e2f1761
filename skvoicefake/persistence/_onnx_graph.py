"""A computation written down as ONNX nodes, in the notation of arrays."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

# What onnxruntime, also that for browsers, has known for years.
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8
TYPES = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.float64): TensorProto.DOUBLE,
    np.dtype(np.int32): TensorProto.INT32,
    np.dtype(np.int64): TensorProto.INT64,
    np.dtype(bool): TensorProto.BOOL,
    np.dtype(object): TensorProto.STRING,
}
LAST = np.iinfo(np.int64).max


class Graph:
    """The nodes and constants of a model, in the order in which they are computed."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.facts: dict[str, Any] = {}  # what whoever runs it has to know of clips
        self.guarded: list[tuple[Any, Any]] = []  # estimators that heed a guard, and the guard; the outermost last

    def op(
        self, kind: str, *inputs: "Value", dtype: DTypeLike | None = None, domain: str = "", **attributes: Any
    ) -> "Value":
        """Add a node of one output; its type is that of the first input, unless it is said."""
        return self.ops(kind, 1, *inputs, dtype=dtype, domain=domain, **attributes)[0]

    def ops(
        self,
        kind: str,
        n: int,
        *inputs: "Value | None",
        dtype: DTypeLike | None = None,
        domain: str = "",
        **attributes: Any,
    ) -> list["Value"]:
        """Add a node of `n` outputs."""
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(n)]
        given = ["" if value is None else value.name for value in inputs]
        self.nodes.append(helper.make_node(kind, given, names, domain=domain, **attributes))
        if dtype is None:
            assert inputs[0] is not None
            dtype = inputs[0].dtype
        return [Value(self, name, dtype) for name in names]

    def constant(self, array: Any, dtype: DTypeLike | None = None) -> "Value":
        """Add an array."""
        array = np.asarray(array, dtype=dtype)
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name))
        return Value(self, name, array.dtype)

    def integers(self, *values: int) -> "Value":
        """Add whole numbers, of shape (n,)."""
        return self.constant(values, np.int64)

    def join(self, *values: "Value", axis: int = 0) -> "Value":
        """Put arrays one after the other."""
        return self.op("Concat", *values, axis=axis)

    def where(self, condition: "Value", yes: "Value", no: "Value") -> "Value":
        """Choose."""
        return self.op("Where", condition, yes, no, dtype=yes.dtype)

    def count(self, end: "Value") -> "Value":
        """Return 0, 1, ... below `end`, of shape (1,)."""
        zero, one = self.constant(0, np.int64), self.constant(1, np.int64)
        return self.op("Range", zero, end.reshape(), one)

    def input(self, name: str, dtype: DTypeLike) -> "Value":
        """Name what comes in."""
        return Value(self, name, np.dtype(dtype))

    def model(self, inputs: dict[str, Any], outputs: dict[str, tuple["Value", list[Any]]], doc: str) -> ModelProto:
        """Return the model from inputs (type and shape) to outputs (value and shape)."""
        for name, (value, _) in outputs.items():
            self.nodes.append(helper.make_node("Identity", [value.name], [name]))
        graph = helper.make_graph(
            self.nodes,
            "skvoicefake",
            [
                helper.make_tensor_value_info(name, TYPES[np.dtype(dtype)], shape)
                for name, (dtype, shape) in inputs.items()
            ],
            [
                helper.make_tensor_value_info(name, TYPES[value.dtype], shape)
                for name, (value, shape) in outputs.items()
            ],
            self.constants,
        )
        domains = {node.domain for node in self.nodes}
        opsets = [helper.make_opsetid("", OPSET)]
        opsets += [helper.make_opsetid("ai.onnx.ml", ML_OPSET)] if "ai.onnx.ml" in domains else []
        model = helper.make_model(
            graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="skvoicefake", doc_string=doc
        )
        checker.check_model(model)
        return model


class Value:
    """A result in a graph, with the operators of an array; numbers beside it become constants of its type."""

    def __init__(self, graph: Graph, name: str, dtype: DTypeLike) -> None:
        self.graph, self.name, self.dtype = graph, name, np.dtype(dtype)

    def _with(self, kind: str, other: Any, *, dtype: DTypeLike | None = None, swapped: bool = False) -> "Value":
        other = other if isinstance(other, Value) else self.graph.constant(other, self.dtype)
        pair = (other, self) if swapped else (self, other)
        return self.graph.op(kind, *pair, dtype=dtype)

    def __add__(self, other: Any) -> "Value":
        return self._with("Add", other)

    def __sub__(self, other: Any) -> "Value":
        return self._with("Sub", other)

    def __rsub__(self, other: Any) -> "Value":
        return self._with("Sub", other, swapped=True)

    def __mul__(self, other: Any) -> "Value":
        return self._with("Mul", other)

    def __truediv__(self, other: Any) -> "Value":
        return self._with("Div", other)

    def __rtruediv__(self, other: Any) -> "Value":
        return self._with("Div", other, swapped=True)

    def __matmul__(self, other: Any) -> "Value":
        return self._with("MatMul", other)

    def __gt__(self, other: Any) -> "Value":
        return self._with("Greater", other, dtype=bool)

    def __ge__(self, other: Any) -> "Value":
        return self._with("GreaterOrEqual", other, dtype=bool)

    def equals(self, other: Any) -> "Value":
        """Compare."""
        return self._with("Equal", other, dtype=bool)

    def maximum(self, other: Any) -> "Value":
        """Return the greater."""
        return self._with("Max", other)

    def minimum(self, other: Any) -> "Value":
        """Return the smaller."""
        return self._with("Min", other)

    def mod(self, other: Any) -> "Value":
        """Return what is left of a division of whole numbers."""
        return self._with("Mod", other)

    def apply(self, kind: str, **attributes: Any) -> "Value":
        """Apply a function of one argument."""
        return self.graph.op(kind, self, **attributes)

    def cast(self, dtype: DTypeLike) -> "Value":
        """Change the type."""
        return self.graph.op("Cast", self, dtype=dtype, to=TYPES[np.dtype(dtype)])

    def part(self, start: Any = 0, end: Any = None, *, axis: int = 0, step: int = 1) -> "Value":
        """Slice one axis; bounds are numbers, None for the end, or values of shape (1,)."""
        of = self.graph
        known = [start, LAST if end is None else end]
        bounds = [bound if isinstance(bound, Value) else of.integers(bound) for bound in known]
        return of.op("Slice", self, *bounds, of.integers(axis), of.integers(step))

    def take(self, places: Any, axis: int = 0) -> "Value":
        """Gather along one axis."""
        places = places if isinstance(places, Value) else self.graph.constant(places, np.int64)
        return self.graph.op("Gather", self, places, axis=axis)

    def reshape(self, *shape: int) -> "Value":
        """Change the shape; without one, to a single number."""
        return self.graph.op("Reshape", self, self.graph.constant(shape, np.int64))

    def transpose(self, *axes: int) -> "Value":
        """Change the order of the axes."""
        return self.graph.op("Transpose", self, perm=axes)

    def length(self) -> "Value":
        """Return the size of the first axis, of shape (1,)."""
        return self.graph.op("Shape", self, dtype=np.int64, start=0, end=1)

    def sum(self, *axes: int, keepdims: bool = False) -> "Value":
        """Add up."""
        return self.graph.op("ReduceSum", self, self.graph.integers(*axes), keepdims=int(keepdims))

    def mean(self, *axes: int, keepdims: bool = False) -> "Value":
        """Average."""
        return self.apply("ReduceMean", axes=axes, keepdims=int(keepdims))

    def greatest(self, *axes: int, keepdims: bool = False) -> "Value":
        """Return the greatest."""
        return self.apply("ReduceMax", axes=axes, keepdims=int(keepdims))
