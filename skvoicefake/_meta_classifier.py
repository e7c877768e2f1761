"""MetaClassifier: what classifiers around another classifier of clips have in common."""

import copy
from typing import Any

from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, is_classifier
from sklearn.utils import Tags, get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if


def estimator_has(method: str) -> Any:
    """Return a decorator for a method that is there if the classifier inside has it."""

    def has(classifier: Any) -> bool:
        return hasattr(getattr(classifier, "estimator_", classifier.estimator), method)

    return available_if(has)


class MetaClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """Base of classifiers whose `fit` fits a clone of `estimator`, and hands on what is not their own."""

    estimator: Any
    estimator_: Any

    def get_metadata_routing(self) -> MetadataRouter:
        """Say where metadata goes.

        Returns
        -------
        routing : MetadataRouter
            From `fit` to that of the classifier.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags = copy.deepcopy(inner.input_tags)
        tags.input_tags.sparse = False
        tags.classifier_tags = copy.deepcopy(inner.classifier_tags)
        return tags

    def _check_estimator(self, y: Any) -> None:
        """Raise if there are no labels, or nothing that could learn from them."""
        name = type(self).__name__
        if y is None:
            raise ValueError(f"{name} requires y to be passed, but the target y is None.")
        if isinstance(self.estimator, type):
            raise TypeError(
                f"{name} expected estimator to be an object, got a class: pass {self.estimator.__name__}(...)."
            )
        if not is_classifier(self.estimator):
            raise ValueError(f"{name} expected estimator to be a classifier, got {type(self.estimator).__name__}.")

    def _take(self, estimator: Any) -> None:
        """Keep the fitted classifier, and what it knows of classes and columns."""
        self.estimator_, self.classes_ = estimator, estimator.classes_
        for attribute in ("n_features_in_", "feature_names_in_"):
            if hasattr(estimator, attribute):
                setattr(self, attribute, getattr(estimator, attribute))
