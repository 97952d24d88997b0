"""
Save here, serve there
======================

A forecaster is fitted in one process and used in another one, which may run elsewhere
and for weeks. The file holds all that a forecast needs, and in the safe format it runs
no code when it is opened.
"""

# %%
# Fit and save. The file holds parameters, maps, weights and the last rows, as texts and
# numbers; ``"safe"`` is the format.
import json
import subprocess
import sys
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sktime.datasets import load_airline

from skts.forecasting import SAMformerForecaster
from skts.plotting import plot_forecast

y = load_airline()
train, test = y[:-24], y[-24:]
forecaster = SAMformerForecaster(horizon=12).fit(train)
folder = Path(mkdtemp())
forecaster.save(folder / "airline", "safe")
print({path.name: f"{path.stat().st_size / 1024:.0f} KiB" for path in folder.iterdir()})

# %%
# Another process opens it, takes in the year that has passed meanwhile, and answers.
SERVER = """
import json, sys
import pandas as pd
from skts.forecasting import SAMformerForecaster

model = SAMformerForecaster.load_from_path(sys.argv[1], "safe")
rows = pd.read_csv(sys.argv[2], index_col=0)
rows.index = pd.PeriodIndex(rows.index, freq="M")
model.update(rows.iloc[:, 0])
print(json.dumps(model.predict(range(1, 13)).tolist()))
"""
test[:12].to_csv(folder / "new.csv")
answer = subprocess.run(
    [sys.executable, "-c", SERVER, folder / "airline", folder / "new.csv"],
    capture_output=True,
    check=True,
    text=True,
)
served = pd.Series(json.loads(answer.stdout), index=test.index[12:])

# %%
# It says what the forecaster says here, had it stayed in this process.
here = forecaster.update(test[:12]).predict(range(1, 13))
print(f"largest difference: {np.abs(served - here).max():.2g}")
naive = test[:12].set_axis(test.index[12:])
for name, one in {"served": served, "same month of last year": naive}.items():
    print(f"{name:<24} mean absolute error {(one - test[12:]).abs().mean():.1f}")
ax = plot_forecast(served.rename(y.name), y[-60:-12], truth=test[12:], unit="thousands")
ax.set_title("A forecast that came from another process")

# %%
# Where there is neither torch nor skts, ``forecaster.to_onnx("model.onnx")`` writes a
# file that ONNX Runtime runs: see :doc:`/guide/serving`.
plt.show()
