"""
Epochs into a logger, in ten lines
==================================

scikit-learn's callbacks see every epoch, and a logger is one more callback: hand it
``history_[-1]``. Here it is a class of ten lines that writes a CSV file; the comments
have the same for TensorBoard and MLflow, which are no dependency of this package.
"""

# %%
# ``max_propagation_depth = None`` lets a search or a pipeline hand the callback on to
# the forecaster inside.
import csv
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_learning_curves


class LogEpochs:
    max_propagation_depth = None

    def __init__(self, path):
        self.path = path

    def setup(self, estimator, context):
        self.path.write_text("")

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator):
        if context.task_name == "epoch":
            record = fitted_estimator.history_[-1]
            with self.path.open("a", newline="") as file:
                csv.writer(file).writerow([record["epoch"], record["valid_loss"]])
            # TensorBoard, with self.writer = SummaryWriter() in setup:
            #     for name in ("train_loss", "valid_loss"):
            #         self.writer.add_scalar(name, record[name], record["epoch"])
            # MLflow, between mlflow.start_run() in setup and end_run() in teardown:
            #     mlflow.log_metrics({"valid_loss": record["valid_loss"]},
            #                        step=record["epoch"])


# %%
# Two channels, of which one tells two hours before what the other will do.
rng = np.random.default_rng(0)
call = rng.standard_normal(1700)
for hour in range(1, len(call)):
    call[hour] += 0.5 * call[hour - 1]
echo = np.roll(call, 2) + 0.1 * rng.standard_normal(len(call))
index = pd.date_range("2026-01-01", periods=len(call), freq="h", name="time")
y = pd.DataFrame({"call": call, "echo": echo}, index)

log = LogEpochs(Path(mkdtemp()) / "epochs.csv")
forecaster = SAMformerForecaster(
    8,
    horizon=2,
    hidden_size=4,
    rho=0.0,
    lr=1e-2,
    batch_size=64,
    max_epochs=10,
    validation_fraction=0.4,
    random_state=0,
)
forecaster.set_callbacks(log).fit(y[:1400])
print("epoch, validation error\n" + log.path.read_text())

# %%
# The same numbers stay in ``history_``. The first is that of the linear maps alone,
# before there is a network; the network finds the echo in the other channel, where maps
# of a channel's own past do not look. ``mase`` below 1 is better than the last value
# repeated.
plot_learning_curves(forecaster).set_title("Errors by epoch")
print(forecaster.backtest(y[1400:]).by_variable["mase"].round(2))
plt.show()
