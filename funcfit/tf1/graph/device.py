"""Device names in parts: /job:ps/replica:0/task:1/device:GPU:0. They are kept on nodes and shown; nothing runs
elsewhere for them.
"""

import copy


class DeviceSpec:
    """A device name whose parts may be missing. Changes: its parts are set, parsed or merged in place.

    >>> DeviceSpec(job="ps", task=1, device_type="cpu").to_string()
    '/job:ps/task:1/device:CPU:*'
    """

    def __init__(self, job=None, replica=None, task=None, device_type=None, device_index=None):
        self.job, self.replica, self.task = job, replica, task
        self.device_type = device_type.upper() if device_type in ("cpu", "gpu") else device_type
        self.device_index = device_index

    @property
    def job(self):
        return self._job

    @job.setter
    def job(self, job):
        self._job = None if job is None else str(job)

    @property
    def replica(self):
        return self._replica

    @replica.setter
    def replica(self, replica):
        self._replica = None if replica is None else int(replica)

    @property
    def task(self):
        return self._task

    @task.setter
    def task(self, task):
        self._task = None if task is None else int(task)

    @staticmethod
    def from_string(spec):
        """The parts of a name such as "/cpu:0" or "/job:ps/task:1"; ValueError for a part that no device name has."""
        return DeviceSpec().parse_from_string(spec)

    def parse_from_string(self, spec):
        self.__init__()
        for part in spec.split("/"):
            key, *values = part.split(":")
            if len(values) == 1 and key in ("job", "replica", "task"):
                setattr(self, key, values[0])
            elif len(values) < 2 and key.upper() in ("CPU", "GPU"):
                self._set_type(spec, key.upper(), *values)
            elif len(values) == 2 and key == "device":
                self._set_type(spec, *values)
            elif key:
                raise ValueError(f"Unknown attribute: '{key}' in '{spec}'")
        return self

    def _set_type(self, spec, kind, index="*"):
        if self.device_type is not None:
            raise ValueError(f"Cannot specify multiple device types: {spec}")
        self.device_type = kind
        if index != "*":
            self.device_index = int(index)

    def merge_from(self, dev):
        """Takes the parts that `dev` has."""
        for part in ("job", "replica", "task", "device_type", "device_index"):
            if getattr(dev, part) is not None:
                setattr(self, part, getattr(dev, part))

    def to_string(self):
        text = "".join(
            f"/{part}:{getattr(self, part)}" for part in ("job", "replica", "task") if getattr(self, part) is not None
        )
        if self.device_type is None:
            return text
        return f"{text}/device:{self.device_type}:{'*' if self.device_index is None else self.device_index}"


def merge_device(spec):
    """A device function: it fills in, from `spec`, the parts that a node's device leaves open."""
    outer = spec if isinstance(spec, DeviceSpec) else DeviceSpec.from_string(spec or "")

    def device(node):
        merged = copy.copy(outer)
        merged.merge_from(DeviceSpec.from_string(node.device or ""))
        return merged

    return device
