"""Modern torch time-series models with the manners of scikit-learn and sktime."""

__version__ = "0.1.0"
