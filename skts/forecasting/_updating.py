"""New rows move the forecast on, and the weights follow a little."""

from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
import torch

from skts._callbacks import FitTask
from skts.data import spread_out, window_starts
from skts.forecasting._known import KnownSeries
from skts.forecasting._panel import SeriesByName, describe, split_panel
from skts.forecasting._series import check_last_stretch, contiguous_stretches
from skts.training import draw_seed, fair_share_of_threads, seeded

# Fine-tuning starts from a good place; the full rate would lead away from it.
UPDATE_LR_FACTOR = 0.1
# Windows of the recent past that stay at hand, and how many are trained on beside each
# new one, so that it does not forget: `python -m skts.benchmarks updates`.
REPLAY_WINDOWS = 1000
REPLAY_PER_WINDOW = 10


class Updating:
    """Mixin, left of the sktime base class, of forecasters that go on with new rows."""

    @property
    def _n_kept(self: Any) -> int:
        """Rows of a series that the next forecast or the next update may need."""
        return self.context_length + self._prediction_length - 1 + REPLAY_WINDOWS

    def _update_y_X(self: Any, y, X=None, enforce_index_type=None):
        """Refuse new rows that cannot be forecast from, before anything changes."""
        if self.is_fitted:
            for name, rows in self._join(y).items():
                frequency, state = None, "not seen in fit,"
                if name in self._known:
                    frequency = self._known[name].frequency
                    state = "after the rows known so far,"
                stretches = contiguous_stretches(rows.index, frequency)
                what = f"{describe(name)}, {state}"
                check_last_stretch(stretches, self.context_length, what)
        super()._update_y_X(y, X, enforce_index_type)  # type: ignore[misc]

    def _join(self: Any, y: pd.DataFrame) -> SeriesByName:
        """Return the rows known of each series of `y`, with the new ones."""
        return {
            name: self._known[name].join(rows) if name in self._known else rows
            for name, rows in split_panel(y).items()
        }

    def _update(self: Any, y, X=None, update_params=True):
        joined = self._join(y)
        # A series not seen in fit has the units of the history given with it.
        known = self._known | {
            name: KnownSeries(rows, len(rows), self.standardize)
            for name, rows in joined.items()
            if name not in self._known
        }
        if update_params:
            try:
                self._fine_tune(known, joined)
            except BaseException:  # sktime has moved the cutoff already
                self._set_cutoff_from_known()
                raise
        for name, rows in joined.items():
            known[name].keep(rows, self._n_kept)
        self._know(known)
        return self

    def _fine_tune(
        self: Any, known: dict[Any, KnownSeries], joined: SeriesByName
    ) -> None:
        """Train on for a few epochs, on the windows that end in new rows.

        Ten times as many old windows, or what is left of a batch, are learned from
        again, spread over the recent past.
        """
        width = self.context_length + self._prediction_length
        rows, new, old, first = [], [], [], 0
        for name, frame in joined.items():
            one = known[name]
            n_old = 0
            if name in self._known:
                n_old = int((frame.index <= one.recent.index[-1]).sum())
            stretches = contiguous_stretches(frame.index, one.frequency)
            starts = window_starts(stretches, width)
            is_new = starts + width > n_old
            new.append(first + starts[is_new])
            old.append(first + starts[~is_new])
            rows.append(one.standardise(frame.to_numpy(dtype=np.float64)))
            first += len(frame)
        starts = np.concatenate(new)
        if not len(starts):
            return
        n_again = max(REPLAY_PER_WINDOW * len(starts), self.batch_size - len(starts))
        starts = np.concatenate([starts, spread_out(np.concatenate(old), n_again)])
        series = torch.cat(rows, dim=1).to(self.device_)
        network = deepcopy(self.network_)
        seed = draw_seed(self.random_state)
        with fair_share_of_threads(), seeded(seed, self.device_):
            self._train(
                network,
                self._windows(series, starts, self._prediction_length),
                None,
                seed,
                FitTask(),
                lr=self.lr * UPDATE_LR_FACTOR,
                lr_schedule="constant",
                max_epochs=self.update_epochs,
                compile=False,
            )
        self.network_ = network
