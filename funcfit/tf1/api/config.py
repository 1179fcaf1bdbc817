"""ConfigProto and its kin: options that programs set. They are kept and can be read back; none changes what a run
computes.
"""

from funcfit.tf1.opdef import api


class Message:
    """Named fields with defaults, set in the constructor or later; a field may be a Message, a list or a dict.

    As with protocol buffers, a field that is not there is a ValueError in the constructor and an AttributeError later.
    """

    FIELDS = {}

    def __init__(self, **fields):
        for name, default in self.FIELDS.items():
            super().__setattr__(name, default() if callable(default) else default)
        for name, value in fields.items():
            if name not in self.FIELDS:
                raise ValueError(f'Protocol message {type(self).__name__} has no "{name}" field.')
            setattr(self, name, value)

    def __setattr__(self, name, value):
        if name not in self.FIELDS:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        default = self.FIELDS[name]
        kind = default if isinstance(default, type) else type(default)
        if kind is float:
            kind = (int, float)
        if not isinstance(value, kind):
            raise TypeError(
                f"{value!r} has type {type(value).__name__}, but field {name} of {type(self).__name__} takes "
                f"{default if isinstance(default, type) else type(default).__name__}"
            )
        super().__setattr__(name, value)

    def HasField(self, name):
        default = self.FIELDS[name]
        return getattr(self, name) != (default() if callable(default) else default)

    def CopyFrom(self, other):
        for name in self.FIELDS:
            super().__setattr__(name, getattr(other, name))

    def __eq__(self, other):
        return type(other) is type(self) and all(getattr(self, n) == getattr(other, n) for n in self.FIELDS)

    __hash__ = None

    def __repr__(self):
        return "".join(f"{n}: {getattr(self, n)!r}\n" for n in self.FIELDS if self.HasField(n))


@api("GPUOptions")
class GPUOptions(Message):
    """How TensorFlow would share a GPU; JAX has its own settings (XLA_PYTHON_CLIENT_*)."""

    FIELDS = {
        "per_process_gpu_memory_fraction": 0.0,
        "allow_growth": False,
        "allocator_type": "",
        "deferred_deletion_bytes": 0,
        "visible_device_list": "",
        "polling_active_delay_usecs": 0,
        "polling_inactive_delay_msecs": 0,
        "force_gpu_compatible": False,
    }


@api("OptimizerOptions")
class OptimizerOptions(Message):
    """How hard TensorFlow's graph optimizer works; XLA compiles everything here."""

    L1, L0, DEFAULT, OFF, ON_1, ON_2 = 0, -1, 0, -1, 1, 2
    FIELDS = {
        "do_common_subexpression_elimination": False,
        "do_constant_folding": False,
        "do_function_inlining": False,
        "opt_level": 0,
        "global_jit_level": 0,
        "max_folded_constant_in_bytes": 0,
    }


class RewriterConfig(Message):
    OFF, ON = 2, 1
    FIELDS = dict.fromkeys(
        [
            "layout_optimizer",
            "constant_folding",
            "arithmetic_optimization",
            "dependency_optimization",
            "memory_optimization",
            "function_optimization",
        ],
        0,
    ) | {"disable_model_pruning": False}


@api("GraphOptions")
class GraphOptions(Message):
    FIELDS = {
        "enable_recv_scheduling": False,
        "optimizer_options": OptimizerOptions,
        "build_cost_model": 0,
        "build_cost_model_after": 0,
        "infer_shapes": False,
        "place_pruned_graph": False,
        "enable_bfloat16_sendrecv": False,
        "timeline_step": 0,
        "rewrite_options": RewriterConfig,
    }


class ThreadPoolOptionProto(Message):
    FIELDS = {"num_threads": 0, "global_name": ""}


class ThreadPools(list):
    """A repeated field: `add()` appends a new message and gives it."""

    def add(self, **fields):
        self.append(ThreadPoolOptionProto(**fields))
        return self[-1]


@api("ConfigProto")
class ConfigProto(Message):
    """Options of a Session: `config.gpu_options.allow_growth = True`."""

    FIELDS = {
        "device_count": dict,
        "intra_op_parallelism_threads": 0,
        "inter_op_parallelism_threads": 0,
        "use_per_session_threads": False,
        "session_inter_op_thread_pool": ThreadPools,
        "placement_period": 0,
        "device_filters": list,
        "gpu_options": GPUOptions,
        "allow_soft_placement": False,
        "log_device_placement": False,
        "graph_options": GraphOptions,
        "operation_timeout_in_ms": 0,
        "isolate_session_state": False,
    }


@api("RunOptions")
class RunOptions(Message):
    """Options of one run."""

    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = 0, 1, 2, 3
    FIELDS = {
        "trace_level": 0,
        "timeout_in_ms": 0,
        "inter_op_thread_pool": 0,
        "output_partition_graphs": False,
        "report_tensor_allocations_upon_oom": False,
    }


class NodeExecStats(Message):
    """One node of a traced run. Nodes of a stage run as one program: they share its times (microseconds)."""

    FIELDS = {
        "node_name": "",
        "all_start_micros": 0,
        "op_end_rel_micros": 0,
        "all_end_rel_micros": 0,
        "timeline_label": "",
        "thread_id": 0,
    }


class DeviceStepStats(Message):
    FIELDS = {"device": "", "node_stats": list}


class StepStats(Message):
    FIELDS = {"dev_stats": list}


@api("RunMetadata")
class RunMetadata(Message):
    """What is recorded of a run under a RunOptions trace level: the nodes that ran. JAX's profiler shows what the
    compiled programs do.
    """

    FIELDS = {"step_stats": StepStats, "cost_graph": dict, "partition_graphs": list}

    def record(self, stages, started, ended):
        """Notes the nodes of `stages`, run between two times in seconds."""
        micros = int((ended - started) * 1e6)
        nodes = [
            NodeExecStats(
                node_name=n.name,
                all_start_micros=int(started * 1e6),
                op_end_rel_micros=micros,
                all_end_rel_micros=micros,
                timeline_label=f"{n.name} = {n.type}",
            )
            for stage in stages
            for n in stage.nodes
        ]
        self.step_stats = StepStats(
            dev_stats=[DeviceStepStats(device="/job:localhost/replica:0/task:0/cpu:0", node_stats=nodes)]
        )
