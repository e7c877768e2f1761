"""CNNLSTMClassifier: the scikeras shell. The only file that imports scikeras.

scikeras is retired, and wrong in places on today's scikit-learn. So our own
estimator builds a scikeras `KerasClassifier` inside `fit`, hands it clean
arrays, lets it train, and keeps nothing of it.
"""

import copy
from functools import partial
from math import nan
from typing import Any, ClassVar, Self

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scikeras.wrappers import KerasClassifier
from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import check_random_state

from skvoicefake._classifier_input import encode_labels
from skvoicefake.neural_network._batches import Batches, Masks, crop_starts
from skvoicefake.neural_network._callbacks import callbacks_of
from skvoicefake.neural_network._layers import build_cnn_lstm
from skvoicefake.neural_network._network import BATCH, Network, optimizer_config
from skvoicefake.neural_network._parameters import CONSTRAINTS, architecture, check_continues, mask_counts
from skvoicefake.neural_network._prediction import Predictions
from skvoicefake.neural_network._quiet import without_retracing_warnings
from skvoicefake.neural_network._stretches import branch_statistics, statistics
from skvoicefake.neural_network._trainers import trainer, undone_on_error
from skvoicefake.neural_network._validation import (
    as_panel,
    clip_weights,
    group_codes,
    hold_out,
)

# What no loss or log-odds of a network that learned anything comes near.
LARGEST = 1e12


class CNNLSTMClassifier(ClassifierMixin, Predictions, BaseEstimator):
    """Tell real from fake speech by convolutions and an LSTM over cepstra.

    Conv1D, max pooling and dropout; an LSTM; dense layers; one sigmoid output
    for two classes, a softmax for more. The input is standardised inside, a
    coefficient at a time, with statistics of the training clips.

    Parameters
    ----------
    filters : int or sequence of int, default=(64,)
        Filters of every convolution block.
    kernel_size : int, default=5
        Frames that a filter sees.
    pool_size : int, default=2
        Frames that max pooling joins, after every convolution.
    dropout : float, default=0.3
        Share of activations dropped in training, in [0, 1).
    lstm_units : int, default=64
        Units of the LSTM (of each direction, if bidirectional).
    bidirectional : bool, default=False
        Read the clip in both directions.
    dense_units : int or sequence of int, default=(64,)
        Units of the dense layers; () for none.
    batch_norm : bool, default=False
        Normalise activations between convolution and rectifier.
    pooling : {"last", "statistics", "attention"}, default="last"
        What goes on from the LSTM: its output at the last frame; mean and
        standard deviation of its outputs over time; or both of these weighted
        by a learned attention over frames [1]_.
    statistics_branch : bool or int, default=True
        Join the LSTM's output with statistics of the standardised input over
        time (mean, standard deviation, and standard deviation of the change
        from a frame to the next), standardised by the training clips' and
        through a dense layer of so many units; True is 64.
    crop_frames : int or None, default=None
        Frames that the network sees at a time. In training every clip shows a
        random crop of them, another one every epoch; a prediction averages
        the log-odds of `n_crops`. None shows clips whole.
    n_crops : int, default=4
        Evenly spaced crops of a clip in predictions, and of a clip held back
        for early stopping; 1 takes the middle. Only with `crop_frames`.
    spec_augment : int or (int, int), default=0
        SpecAugment [2]_: so many stretches of frames and so many bands of
        coefficients of every training clip are set to their mean, others
        every epoch. Two numbers say how many of each.
    mask_width : float, default=0.15
        Widest of these masks, as a share of all frames or coefficients; their
        widths are uniform from 0.
    label_smoothing : float, default=0.0
        Share of every label that the loss spreads evenly over all classes.
    optimizer : str or keras.optimizers.Optimizer, default="adam"
        A name gets `learning_rate`; an object keeps its own and is copied. As a
        parameter, an object is pickled by Keras' own serialization.
    learning_rate : float, default=1e-3
        Step size.
    weight_decay : float or None, default=None
        Shrink weights by this times the learning rate in every step, apart
        from the gradient, as AdamW does; not biases nor batch normalisation.
        For an `optimizer` by name; None leaves what it does by itself.
    schedule : {None, "cosine"}, default=None
        Lower the learning rate to zero over the steps of all `epochs`, along
        half a cosine. Early stopping may end that before.
    batch_size : int, default=32
        Clips a training step.
    epochs : int, default=30
        Passes over the training clips, at most.
    early_stopping : bool, default=True
        Hold some clips back and stop when the loss on them has not improved
        for `n_iter_no_change` epochs; the best weights are kept.
    validation_fraction : float, default=0.1
        Share of clips held back, at least one a class; with groups, the
        nearest share that whole groups make up.
    n_iter_no_change : int, default=5
        Epochs without improvement before training stops.
    class_weight : {None, "balanced"} or dict, default=None
        Weights of the classes in the loss, as in scikit-learn.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called in training; `fit` works with copies of them.
    warm_start : bool, default=False
        Let `fit` go on from the weights and statistics of the last fit, and
        with the optimizer's state unless `optimizer` or `learning_rate` has
        changed. That state does not survive pickling.
    n_frames : int or None, default=None
        Frames in a row of 2-D X. None reads it from the "flat" output of
        `MFCCTransformer`, array or DataFrame; any other 2-D X is then taken
        to have one coefficient a frame.
    random_state : int, RandomState, Generator or None, default=None
        Seed of weights, dropout, order of clips and validation split. With an
        int, the same clips give the same bits on one machine with the same
        number of threads (the workers of a search have fewer).
    verbose : int, default=0
        1 shows a progress bar over epochs.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Labels, sorted. `decision_function` and ``predict_proba[:, 1]`` rise
        towards ``classes_[1]``.
    model_ : keras.Model
        The trained network.
    history_ : dict of str to list of float
        "loss" and "accuracy" of every epoch, and "val_loss" and
        "val_accuracy" where clips were held back (of their crops, with
        `crop_frames`); with a schedule "learning_rate", of the epoch's last
        step. NaN in epochs without, if a warm start changed that.
    n_iter_ : int
        Epochs trained.
    panel_shape_ : (int, int)
        Frames and coefficients of a clip.
    n_features_in_ : int
        Columns of X. Only if X was 2-D.
    feature_names_in_ : ndarray of str
        Column names of X. Only if X was a DataFrame.

    See Also
    --------
    skvoicefake.MFCCTransformer : Makes the panel from audio.

    References
    ----------
    .. [1] K. Okabe, T. Koshinaka, K. Shinoda, "Attentive statistics pooling
       for deep speaker embedding", Interspeech 2018.
    .. [2] D. S. Park et al., "SpecAugment: a simple data augmentation method
       for automatic speech recognition", Interspeech 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skvoicefake import CNNLSTMClassifier
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.normal(size=(40, 20, 3)), np.repeat(["fake", "real"], 20)
    >>> X[y == "real"] += 1
    >>> clf = CNNLSTMClassifier(filters=8, lstm_units=8, dense_units=8, learning_rate=0.01, random_state=0)
    >>> clf.fit(X, y).predict(X[:1]).tolist()
    ['fake']
    """

    classes_: NDArray[Any]
    panel_shape_: tuple[int, int]
    history_: dict[str, list[float]]

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = CONSTRAINTS

    def __init__(
        self,
        *,
        filters: int | tuple[int, ...] = (64,),
        kernel_size: int = 5,
        pool_size: int = 2,
        dropout: float = 0.3,
        lstm_units: int = 64,
        bidirectional: bool = False,
        dense_units: int | tuple[int, ...] = (64,),
        batch_norm: bool = False,
        pooling: str = "last",
        statistics_branch: bool | int = True,
        crop_frames: int | None = None,
        n_crops: int = 4,
        spec_augment: int | tuple[int, int] = 0,
        mask_width: float = 0.15,
        label_smoothing: float = 0.0,
        optimizer: Any = "adam",
        learning_rate: float = 1e-3,
        weight_decay: float | None = None,
        schedule: str | None = None,
        batch_size: int = 32,
        epochs: int = 30,
        early_stopping: bool = True,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        class_weight: str | dict[Any, float] | None = None,
        callbacks: list[keras.callbacks.Callback] | None = None,
        warm_start: bool = False,
        n_frames: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.filters = filters
        self.kernel_size = kernel_size
        self.pool_size = pool_size
        self.dropout = dropout
        self.lstm_units = lstm_units
        self.bidirectional = bidirectional
        self.dense_units = dense_units
        self.batch_norm = batch_norm
        self.pooling = pooling
        self.statistics_branch = statistics_branch
        self.crop_frames = crop_frames
        self.n_crops = n_crops
        self.spec_augment = spec_augment
        self.mask_width = mask_width
        self.label_smoothing = label_smoothing
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.n_frames = n_frames
        self.random_state = random_state
        self.verbose = verbose

    # What another network replaces in a subclass: a function that builds the model, and what that is asked for.
    _build = staticmethod(build_cnn_lstm)

    def _architecture(self, panel_shape: tuple[int, int]) -> dict[str, Any]:
        return architecture(self, panel_shape)

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None, groups: ArrayLike | None = None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_frames, n_coefficients) or (n_clips, n_features)
            A panel; see `n_frames` for how a 2-D one is read. One in a
            memory-mapped file is read by stretches, and may be larger than
            memory.
        y : array-like of shape (n_clips,)
            Labels of two classes or more, numbers or strings.
        sample_weight : array-like of shape (n_clips,), default=None
            Weights of the clips in the loss. Only their ratios matter. Clips of
            weight zero are left out.
        groups : array-like of shape (n_clips,) or (n_clips, n_keys), or DataFrame, default=None
            Speakers, recordings or sentences; several keys in columns tie
            clips together. No group is on both sides of the split for early
            stopping. Of a table with a column "group", that column alone
            counts; columns "path", "target", "label", "split" and "attack" are
            no keys. What is not known (None, NaN, "" or "-") ties a clip to
            nothing.

        Returns
        -------
        self : CNNLSTMClassifier

        Raises
        ------
        ValueError
            If X and y do not fit one another, hold NaN, infinity or only one
            class, if the panel is too short for the pooling, or if training
            diverges. The estimator is then left as it was.
        """
        is_warm = self.warm_start and hasattr(self, "classes_")
        # A fit that is refused or interrupted leaves the one before it whole, so all is noted on a copy first.
        fitted = copy.copy(self)
        panel = as_panel(fitted, X, reset=True)
        classes, targets = encode_labels(y, n_clips=len(panel))
        weights = clip_weights(sample_weight, self.class_weight, classes[targets], panel)
        layers = fitted._architecture(panel.shape[1:])
        width = layers["input_shape"][0]
        optimizer = optimizer_config(self.optimizer, self.learning_rate, self.weight_decay)
        n_masks = mask_counts(self.spec_augment)
        if is_warm:
            if not np.array_equal(classes, self.classes_) or panel.shape[1:] != self.panel_shape_:
                raise ValueError(
                    f"warm_start goes on with classes {self.classes_.tolist()} and clips of shape {self.panel_shape_},"
                    f" got classes {classes.tolist()} and clips of shape {panel.shape[1:]}. Set warm_start=False."
                )
            check_continues(self._network.parameters, layers)
        seeds = _seeds(self.random_state)
        train, validation = np.flatnonzero(weights), None
        if self.early_stopping:
            codes = None if groups is None else group_codes(groups, n_clips=len(panel))[train]
            rows = train
            split = hold_out(targets[rows], codes, self.validation_fraction, seed=seeds.randint(2**31 - 1))
            train, validation = rows[split[0]], None if split[1] is None else rows[split[1]]
        rate = optimizer["config"].get("learning_rate")
        callbacks = callbacks_of(self, rate=rate, n_clips=len(train), has_validation=validation is not None)
        if is_warm:
            network = self._network.continued(optimizer)
        else:
            numbers = statistics(panel, train, weights)
            if self.statistics_branch:
                (middle,) = crop_starts(panel.shape[1], width, 1)
                numbers |= branch_statistics(panel, train, weights, slice(middle, middle + width), **numbers)
            network = Network(
                self._build,
                n_classes=len(classes),
                **layers,
                **numbers,
                optimizer=optimizer,
                seed=seeds.randint(2**31 - 1),
            )
        # Callbacks are shown a model of this fit alone, to keep or to save.
        with undone_on_error(network):
            with trainer(network, shared=not self.callbacks) as (model, standardization):
                # The mean, which is zero in what has been standardised.
                fill = network.standardization()[0] if standardization is None else 0.0
                batches = partial(
                    Batches,
                    panel,
                    np.eye(len(classes))[targets] if self.label_smoothing and len(classes) > 2 else targets,
                    weights,
                    self.batch_size,
                    standardization,
                    n_frames=width,
                    n_crops=self.n_crops,
                    masks=Masks(*n_masks, self.mask_width, fill) if any(n_masks) else None,
                )
                history = _train(
                    model,
                    batches(train, seed=seeds.randint(2**31 - 1)),
                    None if validation is None else batches(validation),
                    epochs=self.epochs,
                    callbacks=callbacks,
                )
            some = np.asarray(panel[train[:BATCH], :width], dtype=np.float32)
            # Of weights that blew up, loss and scores may be finite all the same, where rectifiers are shut.
            is_sane = all((np.abs(result) < LARGEST).all() for result in (history["loss"], network.scores(some)))
            if not (is_sane and all(np.isfinite(value).all() for value in network.values)):
                raise ValueError(
                    "Training diverged: the loss, a weight or a score is not finite, or beyond all measure. Lower"
                    f" learning_rate (now {rate})."
                )
        before = self.history_ if is_warm else {}
        fitted.classes_, fitted.panel_shape_, fitted._network = classes, panel.shape[1:], network
        fitted._crop_starts = crop_starts(panel.shape[1], width, self.n_crops)
        fitted.history_ = _joined(before, history)
        fitted.n_iter_ = len(fitted.history_["loss"])
        self.__dict__ = fitted.__dict__
        return self


class _Engine(KerasClassifier):
    """scikeras' classifier, trained on batches that are ready, whatever X and y it is given."""

    def _fit_keras_model(self, X: Any, y: Any, sample_weight: Any, **kwargs: Any) -> None:
        super()._fit_keras_model(
            X=self._batches, y=None, sample_weight=None, validation_data=self._validation_batches, **kwargs
        )


def _train(
    model: keras.Model,
    batches: Batches,
    validation: Batches | None,
    *,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
) -> dict[str, list[float]]:
    """Train a compiled model through scikeras; return its history."""
    engine = _Engine(model=lambda: model, epochs=epochs, verbose=0, shuffle=False, callbacks=callbacks)
    engine._batches, engine._validation_batches = batches, validation
    try:
        with without_retracing_warnings():
            engine.fit(np.zeros((2, 1)), [0, 1])
    finally:
        for used in (batches, validation):
            if used is not None:
                used.let_go()
    return {key: [float(value) for value in values] for key, values in engine.history_.items()}


def _seeds(random_state: Any) -> np.random.RandomState:
    """Return a RandomState of our own, so that one draw is all that a fit takes from a generator that is shared."""
    if isinstance(random_state, np.random.Generator):
        return np.random.RandomState(random_state.integers(2**31 - 1))
    return np.random.RandomState(check_random_state(random_state).randint(2**31 - 1))


def _joined(before: dict[str, list[float]], after: dict[str, list[float]]) -> dict[str, list[float]]:
    """Add the epochs of one training to those of another; what only one of them knows is NaN in the other."""
    return {
        key: before.get(key, [nan] * len(before.get("loss", []))) + after.get(key, [nan] * len(after["loss"]))
        for key in {**before, **after}
    }
