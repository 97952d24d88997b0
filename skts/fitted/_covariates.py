"""Effects of covariates on series that are known: taken away, and added again."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from skts._validation import warn_caller
from skts.effects import Effects
from skts.series import (
    Frequency,
    KnownSeries,
    SeriesByName,
    contiguous_stretches,
    find_frequency,
    rows_at,
)


@dataclass(frozen=True)
class Covariates:
    """What covariates add to the series known, which are kept without it.

    Attributes
    ----------
    effects : Effects
        What each adds to each channel, standardised.
    columns : Index
        The names of the covariates.
    factors : dict of ndarray of shape (n_channels,)
        What channels are standardised by, for each series.
    recent : dict of DataFrame
        The covariates of the last rows known, as many as lags and leads look at.
    """

    effects: Effects
    columns: pd.Index
    factors: dict[Hashable, np.ndarray]
    recent: SeriesByName

    def coefficients(self, name: Hashable) -> pd.DataFrame:
        """Return a row for each covariate and lag of a series, and channels ``C``."""
        n_channels = len(self.effects.coefs)
        values = self.effects.coefs.reshape(n_channels, -1).T * self.factors[name]
        rows = pd.MultiIndex.from_product(
            [self.columns, self.effects.offsets], names=["covariate", "lag"]
        )
        return pd.DataFrame(values, index=rows)

    def of(
        self,
        name: Hashable,
        rows: pd.DataFrame,
        frequency: Frequency | None,
        factor: np.ndarray | None = None,
    ) -> np.ndarray:
        """Return what covariates add to their rows, each by itself, ``(T, C, K)``.

        `factor` is what a series is standardised by that is not known.
        """
        stretches = contiguous_stretches(rows.index, frequency)
        each = self.effects.of_each(rows.to_numpy(dtype=np.float64), stretches)
        factor = self.factors.get(name, factor)
        assert factor is not None, "given for a series that is not known"
        return each * factor[:, None]

    def keep(self, name: Hashable, rows: pd.DataFrame) -> Self:
        """Return the covariates with the last rows of some kept."""
        n_rows = max(1, self.effects.n_before + self.effects.n_after)
        return replace(self, recent={**self.recent, name: rows[-n_rows:].copy()})

    def follow(
        self, name: Hashable, known: KnownSeries, rows: pd.DataFrame
    ) -> tuple[KnownSeries, np.ndarray]:
        """Return a series with rows of covariates that follow it, and their effects.

        The last rows known are without effects of what was to come, which is known now.

        Returns
        -------
        known : KnownSeries
            The series, without these effects, too.
        effects : ndarray of shape (n_rows, C, K)
            What the covariates add to the rows that follow.
        """
        seen = self.recent[name]
        rows = rows.set_axis(seen.columns, axis=1)
        each = self.of(name, pd.concat([seen, rows]), known.frequency)
        n_changed = min(self.effects.n_after, len(seen))
        if n_changed:
            before = self.of(name, seen, known.frequency)[-n_changed:].sum(-1)
            now = each[len(seen) - n_changed : len(seen)].sum(-1)
            values = known.recent.to_numpy(dtype=np.float64).copy()
            values[-n_changed:] += before - now
            like = known.recent
            recent = pd.DataFrame(values, like.index, like.columns)
            known = replace(known, recent=recent)
        return known, each[len(seen) :]

    def ahead(
        self,
        name: Hashable,
        known: KnownSeries,
        X: pd.DataFrame,
        steps: np.ndarray,
        horizon: int,
    ) -> tuple[KnownSeries, np.ndarray]:
        """Return what `follow` does of the steps to come, ``(horizon, C, K)``.

        Raises
        ------
        ValueError
            If covariates of one of the steps are missing.

        Warns
        -----
        UserWarning
            If those of a step between are missing, of which there are lags or leads.
        """
        asked = f"each step to forecast, fh={steps.tolist()}"
        rows_at(X, known.times_after(steps), name, asked)
        beside = np.subtract.outer(steps, self.effects.offsets)
        between = np.unique(beside[(beside >= 1) & (beside < steps.max())])
        if len(between):
            times = known.times_after(between)
            _warn_of_missing(times[~times.isin(X.index)])
        n_rows = int(max(horizon, steps.max() + self.effects.n_after))
        rows = X.reindex(known.times_after(np.arange(1, n_rows + 1)))
        rows = pd.concat([self.recent[name], rows]).ffill()[len(self.recent[name]) :]
        settled, effects = self.follow(name, known, rows)
        return settled, effects[:horizon]

    def take_from(
        self,
        name: Hashable,
        known: KnownSeries | None,
        y: pd.DataFrame,
        X: pd.DataFrame,
        factor: np.ndarray,
    ) -> tuple[pd.DataFrame, Self]:
        """Return new rows of a series without effects, and covariates that know them.

        The rows are those of `y`, after the last ones known where leads have an effect
        on these. `factor` is what a series not known before is standardised by.
        """
        rows = rows_at(X, y.index, name)
        if known is None:
            learned = replace(self, factors={**self.factors, name: factor})
            effects = learned.of(name, rows, find_frequency(rows.index)).sum(-1)
            return y - effects, learned.keep(name, rows)
        seen = self.recent[name]
        rows = rows.set_axis(seen.columns, axis=1)
        joined = pd.concat([seen[~seen.index.isin(rows.index)], rows]).sort_index()
        effects = self.of(name, joined, known.frequency).sum(-1)
        base = y - effects[joined.index.get_indexer(y.index)]
        n_changed = min(self.effects.n_after, len(seen))
        last = known.recent[len(known.recent) - n_changed :]
        if n_changed and y.index[0] > last.index[-1]:
            before = self.of(name, seen, known.frequency)[-n_changed:].sum(-1)
            now = effects[joined.index.get_indexer(last.index)]
            base = pd.concat([last + before - now, base.set_axis(last.columns, axis=1)])
        return base, self.keep(name, joined)


def rows_of(X: SeriesByName, name: Hashable) -> pd.DataFrame:
    """Return the covariates of a series; raise if there are none."""
    if name not in X:
        raise ValueError(
            f"X must have rows for each series of y, got none for {name!r}. Add them, "
            "or leave the series out."
        )
    return X[name]


def _warn_of_missing(times: pd.Index) -> None:
    if len(times):
        warn_caller(
            f"X has no rows for {len(times)} of the times between the steps asked for, "
            f"the first of them {times[0]}, whose lags or leads have effects: it is "
            "taken to stay what it was before. Give X for all steps up to the last."
        )
