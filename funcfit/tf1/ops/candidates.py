"""Candidate sampling: a few classes drawn in place of all, by streams that are TensorFlow's own."""

import jax.numpy as jnp
import numpy as np

from funcfit.errors import InvalidArgumentError
from funcfit.kernels import candidates as kernels
from funcfit.kernels.philox import new_stream
from funcfit.tf1 import shapes
from funcfit.tf1.graph.shape import TensorShape
from funcfit.tf1.opdef import api, op, raw, tf

_SAMPLER = (
    "true_classes: int64 -> sampled_candidates: int64, true_expected_count: float32, sampled_expected_count: float32"
)


def _sampled(node):
    batch, true = shapes.with_rank(node, 0, 2)
    if true not in (None, node.attrs["num_true"]):
        raise shapes.misfit(node, f"Dimension must be {node.attrs['num_true']} but is {true}")
    if node.attrs["num_true"] < 1:
        raise shapes.misfit(node, "num_true must be >= 1")
    sampled = TensorShape([node.attrs["num_sampled"]])
    return [sampled, TensorShape([batch, node.attrs["num_true"]]), sampled]


def _stream(attrs, entropy):
    return new_stream(attrs["seed"], attrs["seed2"], entropy)


def _drawn(stream, true_classes, distribution, num_sampled, unique):
    if unique and num_sampled > distribution.size:
        raise InvalidArgumentError(None, None, "Sampler's range is too small.")
    return kernels.candidate_sample(stream, distribution, true_classes, num_sampled, unique)


@op(_SAMPLER, out=_sampled, keeps=_stream, gradient=None)
def UniformCandidateSampler(stream, true_classes, *, num_true, num_sampled, unique, range_max, seed=0, seed2=0):
    return _drawn(stream, true_classes, kernels.uniform_classes(range_max), num_sampled, unique)


@op(_SAMPLER, out=_sampled, keeps=_stream, gradient=None)
def LogUniformCandidateSampler(stream, true_classes, *, num_true, num_sampled, unique, range_max, seed=0, seed2=0):
    return _drawn(stream, true_classes, kernels.log_uniform_classes(range_max), num_sampled, unique)


def _stream_and_ones(attrs, entropy):
    return np.concatenate([_stream(attrs, entropy), np.ones(attrs["range_max"], np.uint32)])


@op(_SAMPLER, out=_sampled, keeps=_stream_and_ones, gradient=None)
def LearnedUnigramCandidateSampler(kept, true_classes, *, num_true, num_sampled, unique, range_max, seed=0, seed2=0):
    stream, weights = kept[:6], kept[6:].astype(jnp.int32)
    found, stream = _drawn(stream, true_classes, kernels.learned_unigram_classes(weights), num_sampled, unique)
    weights = kernels.learned_weights(weights, true_classes)
    return found, jnp.concatenate([stream, weights.astype(jnp.uint32)])


@op(_SAMPLER, out=_sampled, keeps=_stream, gradient=None)
def FixedUnigramCandidateSampler(
    stream,
    true_classes,
    *,
    num_true,
    num_sampled,
    unique,
    range_max,
    vocab_file="",
    distortion=1.0,
    num_reserved_ids=0,
    num_shards=1,
    shard=0,
    unigrams=(),
    seed=0,
    seed2=0,
):
    if bool(vocab_file) == bool(unigrams):
        problem = (
            "Must only provide one of vocab_file and unigrams."
            if vocab_file
            else "Must provide either vocab_file or unigrams."
        )
        raise InvalidArgumentError(None, None, problem)
    frequencies = _frequencies(vocab_file) if vocab_file else unigrams
    weights = kernels.fixed_unigram_weights(frequencies, distortion, num_reserved_ids, num_shards, shard)
    if len(weights) != range_max:
        problem = f"range_max is {range_max}, but {len(weights)} classes have weights"
        raise InvalidArgumentError(None, None, problem)
    return _drawn(stream, true_classes, kernels.fixed_unigram_classes(weights), num_sampled, unique)


def _frequencies(vocab_file):
    """The last comma-separated field of each line."""
    with open(vocab_file) as lines:
        return [float(line.rpartition(",")[2]) for line in lines if line.strip()]


@op(_SAMPLER, out=_sampled, gradient=None)
def AllCandidateSampler(true_classes, *, num_true, num_sampled, unique, seed=0, seed2=0):
    return (
        np.arange(num_sampled, dtype=np.int64),
        jnp.ones(true_classes.shape, jnp.float32),
        np.ones(num_sampled, np.float32),
    )


def _hits(node):
    shapes.with_rank(node, 0, 2)
    return [TensorShape([None])] * 3


@op(
    "true_classes: int64, sampled_candidates: int64 -> indices: int32, ids: int64, weights: float32",
    host=True,
    out=_hits,
    gradient=None,
)
def ComputeAccidentalHits(true_classes, sampled_candidates, *, num_true, seed=0, seed2=0):
    if true_classes.ndim != 2 or true_classes.shape[1] != num_true:
        raise InvalidArgumentError(None, None, "true_candidates must be a batch_size * num_true matrix")
    position = {candidate: i for i, candidate in enumerate(sampled_candidates.tolist())}
    found = [(i, position[c]) for i, row in enumerate(true_classes.tolist()) for c in row if c in position]
    rows, ids = np.array(found, np.int64).reshape(-1, 2).T
    return rows.astype(np.int32), ids, np.full(len(found), np.finfo(np.float32).min)


# Public names -------------------------------------------------------------------------------------------------------


def _seeds(seed):
    seed, seed2 = tf.get_seed(seed)
    return {"seed": seed or 0, "seed2": seed2 or 0}


@api("nn.uniform_candidate_sampler", "random.uniform_candidate_sampler")
def uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
    """(sampled classes [num_sampled], expected counts of the true ones [batch, num_true], of the sampled ones)."""
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique, "range_max": range_max, **_seeds(seed)}
    return raw.UniformCandidateSampler(true_classes, name=name, **how)


@api("nn.log_uniform_candidate_sampler", "random.log_uniform_candidate_sampler")
def log_uniform_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
    """As `uniform_candidate_sampler`, small classes more often: for classes sorted by falling frequency."""
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique, "range_max": range_max, **_seeds(seed)}
    return raw.LogUniformCandidateSampler(true_classes, name=name, **how)


@api("nn.learned_unigram_candidate_sampler", "random.learned_unigram_candidate_sampler")
def learned_unigram_candidate_sampler(true_classes, num_true, num_sampled, unique, range_max, seed=None, name=None):
    """As `uniform_candidate_sampler`, classes as often as they were true so far in the session, plus one."""
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique, "range_max": range_max, **_seeds(seed)}
    return raw.LearnedUnigramCandidateSampler(true_classes, name=name, **how)


@api("nn.fixed_unigram_candidate_sampler", "random.fixed_unigram_candidate_sampler")
def fixed_unigram_candidate_sampler(
    true_classes,
    num_true,
    num_sampled,
    unique,
    range_max,
    vocab_file="",
    distortion=1.0,
    num_reserved_ids=0,
    num_shards=1,
    shard=0,
    unigrams=(),
    seed=None,
    name=None,
):
    """As `uniform_candidate_sampler`, by `unigrams` (or the last fields of `vocab_file`'s lines) ** distortion."""
    return raw.FixedUnigramCandidateSampler(
        true_classes,
        num_true=num_true,
        num_sampled=num_sampled,
        unique=unique,
        range_max=range_max,
        vocab_file=vocab_file,
        distortion=distortion,
        num_reserved_ids=num_reserved_ids,
        num_shards=num_shards,
        shard=shard,
        unigrams=[float(each) for each in unigrams],
        name=name,
        **_seeds(seed),
    )


@api("nn.all_candidate_sampler", "random.all_candidate_sampler")
def all_candidate_sampler(true_classes, num_true, num_sampled, unique, seed=None, name=None):
    """All classes 0 .. num_sampled - 1 and counts of one: for tests."""
    how = {"num_true": num_true, "num_sampled": num_sampled, "unique": unique, **_seeds(seed)}
    return raw.AllCandidateSampler(true_classes, name=name, **how)


@api("nn.compute_accidental_hits")
def compute_accidental_hits(true_classes, sampled_candidates, num_true, seed=None, name=None):
    """(rows, positions among the candidates, lowest floats) where a true class was sampled."""
    return raw.ComputeAccidentalHits(true_classes, sampled_candidates, num_true=num_true, name=name, **_seeds(seed))
