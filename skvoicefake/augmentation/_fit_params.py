"""Parameters of `fit` for clips and their copies: values are repeated, and groups keep copies with their clips."""

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import _routing_enabled, process_routing
from sklearn.utils.validation import _check_method_params

from skvoicefake._groups import connected_groups
from skvoicefake._meta_classifier import MetaClassifier


def last(name: str) -> str:
    """Return what a parameter, of a step maybe, is called there."""
    return name.split("__")[-1]


def with_groups(outer: MetaClassifier, inner: Any, fit_params: dict[str, Any], n_clips: int) -> dict[str, Any]:
    """Return what goes to the `fit` of the classifier inside; where no groups are given, every clip is one.

    With metadata routing, `inner`, a clone of the classifier, is made to
    request them.
    """
    if not _routing_enabled():
        name = _groups_of(inner)
        if name and not any(_is_groups(param) and value is not None for param, value in fit_params.items()):
            fit_params = {**fit_params, name: np.arange(n_clips)}
        return fit_params
    names = {"groups"} | {alias for _, alias in _groups_requests(inner) if isinstance(alias, str)}
    if any(fit_params.get(name) is not None for name in names):
        return process_routing(outer, "fit", **fit_params).estimator.fit
    # Parameters that were not requested are refused before the groups, which nobody asked for, are requested.
    process_routing(outer, "fit", **fit_params)
    for taker, alias in _groups_requests(inner):
        if alias is None:
            taker.set_fit_request(groups=True)
    asking = type(outer)(inner)
    consumed = asking.get_metadata_routing().consumes("fit", names)
    fit_params = {**fit_params, **{name: np.arange(n_clips) for name in consumed}}
    return process_routing(asking, "fit", **fit_params).estimator.fit


def repeated(X: Any, fit_params: dict[str, Any], places: NDArray[np.intp]) -> dict[str, Any]:
    """Return parameters of `fit`, what has a value a clip with one for every clip and copy.

    Copies belong to the group of their clip, also if that is not known.
    """
    groups = {name: value for name, value in fit_params.items() if _is_groups(name) and value is not None}
    single = {name: value for name, value in fit_params.items() if isinstance(value, str | bytes | dict)}
    others = {name: value for name, value in fit_params.items() if name not in groups and name not in single}
    codes = {name: connected_groups(value) for name, value in groups.items()}
    weights = {name: value for name, value in others.items() if last(name) == "sample_weight" and np.ndim(value)}
    for name, values in (codes | weights).items():
        if len(values) != len(X):
            raise ValueError(f"{name} must have a value a clip: {len(X)} in X, got {len(values)}.")
    return {
        **single,
        **_check_method_params(X, params=others, indices=places),
        **{name: code[places] for name, code in codes.items()},
    }


def _is_groups(name: str) -> bool:
    """Tell whether a parameter of `fit`, of a step maybe, is that of groups."""
    return last(name) == "groups"


def _groups_requests(estimator: Any) -> list[tuple[Any, Any]]:
    """Return what takes groups in `fit`, of an estimator and those in it, and what it requests as such."""
    takers = [
        part
        for part in (estimator, *estimator.get_params().values())
        if hasattr(part, "set_fit_request") and _groups_of(part) == "groups"
    ]
    return [(taker, taker._get_metadata_request().fit.requests.get("groups")) for taker in takers]


def _groups_of(estimator: Any) -> str:
    """Return what `fit` of a classifier, or of the last step of a Pipeline, calls groups; "" if it takes none."""
    if isinstance(estimator, Pipeline):
        step, classifier = estimator.steps[-1]
        inner = _groups_of(classifier)
        return f"{step}__{inner}" if inner else ""
    if isinstance(estimator, MetaClassifier):
        return _groups_of(estimator.estimator)
    return "groups" if "groups" in inspect.signature(getattr(estimator, "fit", str)).parameters else ""
