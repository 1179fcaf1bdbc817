"""Nodes from a list, as a GraphDef holds them: names of inputs instead of tensors."""

from funcfit.tf1.graph.borders import frame, is_enter
from funcfit.tf1.graph.dtypes import kernel_name
from funcfit.tf1.graph.graph import Graph
from funcfit.tf1.graph.order import in_order


def add_nodes(graph, node_defs):
    """Adds nodes that are described by `name`, `op`, `input`, `attr` and `device`, as a NodeDef does: name -> node.

    An input is 'x' or 'x:1', or '^x' for a control input; attrs have Python's types, and those that are missing their
    defaults. The list may be in any order, and a Merge may take what a NextIteration gives later. Names, and those of
    loops' frames, are made unique in the graph and stand under its open name scope. ValueError for an op type that is
    unknown, and for names that are missing or there twice.
    """
    described = {}
    for each in node_defs:
        if each.name in described:
            raise ValueError(f"Node '{each.name}' is not unique")
        described[each.name] = each
    position = {name: i for i, name in enumerate(described)}
    before = {name: _sources(each, described) for name, each in described.items()}
    order, made = in_order(before, position.get), {}
    if len(order) < len(described):
        raise ValueError(f"Node '{next(name for name in described if name not in order)}' takes what it gives")
    for name in order:
        made[name] = _added(graph, described[name], made)
    for name, node in made.items():
        for i, source in enumerate(_data(described[name])):
            if _is_back_edge(described[name], source, described):
                node._update_input(i, _tensor(source, made))
        controls = [made[source[1:]] for source in described[name].input if source.startswith("^")]
        node._add_control_inputs([c for c in controls if c not in node._control_inputs])
    _name_frames(graph, [node for node in made.values() if is_enter(node)])
    return made


def _name_frames(graph, enters):
    """Gives the loops frames that no other loop of the graph has: a list that is added twice has loops of its own."""
    names = {}
    for node in enters:
        if frame(node) not in names:
            names[frame(node)] = graph.unique_name(frame(node))
        node._set_attr("frame_name", names[frame(node)])


def _data(node_def):
    return [source for source in node_def.input if not source.startswith("^")]


def _name_of(source):
    return source.removeprefix("^").partition(":")[0]


def _sources(node_def, described):
    """The names of the nodes that must be there before this one is made."""
    for source in node_def.input:
        if _name_of(source) not in described:
            raise ValueError(f"Node '{node_def.name}': Unknown input node '{source}'")
    return {_name_of(x) for x in _data(node_def) if not _is_back_edge(node_def, x, described)}


def _is_back_edge(node_def, source, described):
    return node_def.op in ("Merge", "RefMerge") and described[_name_of(source)].op.endswith("NextIteration")


def _added(graph, node_def, made):
    card = Graph.card_named(node_def.op)
    if card is None:
        raise ValueError(f"No op named {node_def.op} in defined operations.")
    there = [x for x in _data(node_def) if _name_of(x) in made]
    inputs = [_tensor(x if _name_of(x) in made else there[0], made) for x in _data(node_def)]
    attrs = card.completed(node_def.attr)
    _check_inputs(node_def, inputs, card.input_dtypes(attrs))
    node = graph.create_op(node_def.op, inputs, card.output_dtypes(attrs), name=node_def.name, attrs=attrs)
    if node_def.device:
        node._set_device(node_def.device)
    return node


def _check_inputs(node_def, inputs, dtypes):
    if len(inputs) != len(dtypes):
        raise ValueError(
            f"Node '{node_def.name}': NodeDef expected inputs '{', '.join(map(kernel_name, dtypes))}' do not match "
            f"{len(inputs)} inputs specified; Op<name={node_def.op}>"
        )
    for i, (x, dtype) in enumerate(zip(inputs, dtypes)):
        if not dtype.is_compatible_with(x.dtype):
            raise ValueError(
                f"Input {i} of node {node_def.name} was passed {kernel_name(x.dtype)} from {x.name} incompatible with "
                f"expected {kernel_name(dtype)}."
            )


def _tensor(source, made):
    name, _, index = source.partition(":")
    return made[name].outputs[int(index or 0)]
