"""SyncReplicas, which averages gradients of several machines."""

from funcfit.tf1.api.optimizers.optimizer import Optimizer
from funcfit.tf1.opdef import api


@api("train.SyncReplicasOptimizer", "train.SyncReplicasOptimizerV2")
class SyncReplicasOptimizer(Optimizer):
    """Not provided: there are no workers to wait for. NotImplementedError says so when one is made."""

    def __init__(self, opt, replicas_to_aggregate, *args, **kwargs):
        raise NotImplementedError(
            "SyncReplicasOptimizer gathers gradients from several machines, and funcfit runs a graph on one; "
            f"use the optimizer it wraps ({type(opt).__name__}) directly"
        )
