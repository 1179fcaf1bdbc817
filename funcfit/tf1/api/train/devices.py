"""Device functions for programs that were spread over machines: names are kept on the nodes, and everything runs
here.
"""

import hashlib

import numpy as np

from funcfit.tf1.graph.device import DeviceSpec
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, tf

api("DeviceSpec", "train.device.DeviceSpec")(DeviceSpec)


@api("train.JobDef")
class JobDef:
    """A job of a cluster: its name and {task: address}."""

    def __init__(self, name="", tasks=None):
        self.name, self.tasks = name, dict(tasks or {})


@api("train.ClusterDef")
class ClusterDef:
    """The jobs of a cluster as a list."""

    def __init__(self, job=()):
        self.job = list(job)


@api("train.ClusterSpec")
class ClusterSpec:
    """Jobs and the addresses of their tasks: `{"ps": ["ps0:2222"], "worker": {1: "worker1:2222"}}`."""

    def __init__(self, cluster):
        if isinstance(cluster, ClusterSpec):
            cluster = cluster.as_dict()
        if isinstance(cluster, ClusterDef):
            cluster = {job.name: job.tasks for job in cluster.job}
        if not isinstance(cluster, dict):
            raise TypeError(
                "`cluster` must be a dictionary mapping one or more job names to lists of network addresses"
            )
        self._jobs = {}
        for job, tasks in cluster.items():
            if not isinstance(tasks, (list, tuple, dict)):
                raise TypeError(f"The tasks for job {job!r} must be a list or a dictionary from integers to strings.")
            self._jobs[job] = dict(tasks) if isinstance(tasks, dict) else dict(enumerate(tasks))

    jobs = property(lambda self: list(self._jobs))

    def __bool__(self):
        return bool(self._jobs)

    def __eq__(self, other):
        return self._jobs == (other._jobs if isinstance(other, ClusterSpec) else other)

    __hash__ = None

    def __repr__(self):
        return f"ClusterSpec({self.as_dict()})"

    def as_dict(self):
        """{job: list of addresses}, or {job: {task: address}} where task numbers are missing."""
        return {
            job: self.job_tasks(job) if len(tasks) == max(tasks, default=-1) + 1 else dict(sorted(tasks.items()))
            for job, tasks in self._jobs.items()
        }

    def as_cluster_def(self):
        return ClusterDef(JobDef(name, tasks) for name, tasks in sorted(self._jobs.items()))

    def _tasks(self, job_name):
        if job_name not in self._jobs:
            raise ValueError(f"No such job in cluster: {job_name!r}")
        return self._jobs[job_name]

    def num_tasks(self, job_name):
        return len(self._tasks(job_name))

    def task_indices(self, job_name):
        return sorted(self._tasks(job_name))

    def task_address(self, job_name, task_index):
        tasks = self._tasks(job_name)
        if task_index not in tasks:
            raise ValueError(f"No task with index {task_index!r} in job {job_name!r}")
        return tasks[task_index]

    def job_tasks(self, job_name):
        """The addresses by task number, None where a number is missing."""
        tasks = self._tasks(job_name)
        return [tasks.get(i) for i in range(max(tasks, default=-1) + 1)]


class _RoundRobin:
    """Tasks in turn. Changes: the next one."""

    def __init__(self, num_tasks):
        self._num_tasks, self._next = num_tasks, 0

    def __call__(self, op):
        task = self._next
        self._next = (task + 1) % self._num_tasks
        return task


@api("train.replica_device_setter")
def replica_device_setter(
    ps_tasks=0,
    ps_device="/job:ps",
    worker_device="/job:worker",
    merge_devices=True,
    cluster=None,
    ps_ops=None,
    ps_strategy=None,
):
    """A function for `tf.device`: variables go to parameter-server tasks in turn, the rest to the worker. None
    without such tasks.
    """
    if cluster is not None:
        jobs = ClusterSpec(cluster).as_dict()
        tasks = jobs.get(DeviceSpec.from_string(ps_device).job)
        if not tasks:
            return None
        ps_tasks = len(tasks)
    if ps_tasks == 0:
        return None
    if ps_ops is None:
        ps_ops = ["Variable", "VariableV2", "VarHandleOp"]
    if not merge_devices:
        tf.logging.warning("DEPRECATION: It is recommended to set merge_devices=true in replica_device_setter")
    strategy = _RoundRobin(ps_tasks) if ps_strategy is None else ps_strategy
    if not callable(strategy):
        raise TypeError("ps_strategy must be callable")

    def device(op):
        if not merge_devices and op.device:
            return op.device
        here = DeviceSpec.from_string(op.device or "")
        node_def = getattr(op, "node_def", op)
        if ps_device and node_def.op in ps_ops:
            chosen = DeviceSpec.from_string(ps_device)
            if chosen.job and here.job in (None, chosen.job):
                chosen.task = strategy(op)
        else:
            chosen = DeviceSpec.from_string(worker_device or "")
        chosen.merge_from(here)
        return chosen.to_string()

    return device


@api("contrib.training.RandomStrategy")
class RandomStrategy:
    """A task for each node, by the hash of its name and a seed."""

    def __init__(self, num_ps_tasks, seed=0):
        self._num_tasks, self._seed = num_ps_tasks, seed

    def __call__(self, op):
        return int(hashlib.md5(f"{op.name}_{self._seed}".encode()).hexdigest(), 16) % self._num_tasks


@api("contrib.training.GreedyLoadBalancingStrategy")
class GreedyLoadBalancingStrategy:
    """Each node to the task with the least load so far; `load_fn(op)` is what a node adds. Changes: the loads."""

    def __init__(self, num_tasks, load_fn):
        self._load_fn, self._ps_loads = load_fn, np.zeros(num_tasks)

    def __call__(self, op):
        task = int(np.argmin(self._ps_loads))
        self._ps_loads[task] += self._load_fn(op)
        return task


@api("contrib.training.byte_size_load_fn")
def byte_size_load_fn(op):
    """The bytes of a node's one output; ValueError for a node with several, or of a shape that is not known."""
    if len(op.outputs) != 1:
        raise ValueError(f"Op {op} must have a single output")
    shape = op.outputs[0].get_shape()
    if not shape.is_fully_defined():
        shape = TensorShape(op.get_attr("shape"))
    shape.assert_is_fully_defined()
    return shape.num_elements() * op.outputs[0].dtype.size
