"""Learns topics from the documents that people filed there: a logistic regression on vectors."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from docuvault.ai.base import Matrix, TopicProfile, Vector
from docuvault.ai.confidence import Numbers
from docuvault.ai.logistic_regression import LogisticRegression, fit_logistic_regression

# Weak enough a penalty for a handful of unit vectors to be told apart.
_INVERSE_PENALTY = 10.0
_LEAST_PROBABILITY = 1e-4


@dataclass(frozen=True, slots=True)
class ExampleModel:
    """What was learned; `columns` are the positions of the topics that have examples."""

    columns: tuple[int, ...]
    centres: Matrix
    estimator: LogisticRegression | None

    def nearness(self, vector: Vector) -> Numbers:
        """Cosines with the centres of the examples, one per topic in `columns`."""
        return (self.centres @ vector).astype(np.float64)

    def odds(self, vector: Vector) -> Numbers:
        """Log-odds among the topics in `columns`; 0 when there is only one."""
        if self.estimator is None:
            return np.zeros(len(self.columns))
        shares = self.estimator.probabilities(vector)
        shares = np.clip(shares, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
        odds: Numbers = np.log(shares / (1 - shares))
        return odds


def training_key(topics: Sequence[TopicProfile]) -> bytes:
    """A digest of everything that a fit depends on."""
    digest = hashlib.sha256()
    for topic in topics:
        digest.update(repr((topic.name, topic.description, len(topic.examples))).encode())
        for example in topic.examples:
            digest.update(np.ascontiguousarray(example, np.float32).data)
    return digest.digest()


def fit_examples(topics: Sequence[TopicProfile], own_vectors: Matrix) -> ExampleModel:
    """Learn from all examples; `own_vectors` are the vectors of the topics' names and descriptions.

    A topic's own vector is one of its examples, so that one odd document does not decide alone.
    Takes a tenth of a second for thousands of examples. Blocking: call it from a thread.
    """
    columns = tuple(i for i, topic in enumerate(topics) if topic.examples)
    groups = [np.stack([own_vectors[i], *topics[i].examples]) for i in columns]
    centres = np.stack([group.sum(axis=0, dtype=np.float32) for group in groups])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), np.float32(1e-12))
    estimator = None
    if len(columns) > 1:
        labels = np.repeat(np.arange(len(columns)), [len(group) for group in groups])
        estimator = fit_logistic_regression(np.concatenate(groups), labels, _INVERSE_PENALTY)
    return ExampleModel(columns, centres, estimator)
