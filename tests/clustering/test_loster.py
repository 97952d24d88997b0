"""LoSTerClusterer learns, agrees with itself, and takes series in every form."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sktime.base import load
from sktime.datasets import load_basic_motions
from sktime.datatypes import convert_to

import skts.clustering._loster as module
from skts.clustering import LoSTerClusterer
from skts.clustering._graph import cluster_graph
from skts.clustering._training import JointLoss, latent_target
from skts.data import augment
from skts.nn import LoSTer, SeriesFeatures

SMALL = {
    "hidden_size": 16,
    "pretrain_epochs": 5,
    "max_epochs": 3,
    "tol": 0,
    "device": "cpu",
    "random_state": 0,
}


# The paper's form: centres start at those of k-means, and nothing knows a graph.
PAPER = {
    "local_weight": 0,
    "start": "kmeans",
    "neighbor_weight": 0,
    "instance_weight": 1,
    "cluster_weight": 1,
}


def make(n_clusters=3, **changed):
    return LoSTerClusterer(n_clusters, **(SMALL | changed))


def make_paper(n_clusters=3, **changed):
    return make(n_clusters, **(PAPER | changed))


@pytest.fixture(scope="module")
def waves():
    """Three kinds of series in turn: a slow sine, a fast one, a sawtooth."""
    rng = np.random.default_rng(0)
    time = np.linspace(0, 1, 40)
    kinds = np.array([np.sin(6 * time), np.sin(25 * time), (4 * time) % 1])
    labels = np.arange(60) % 3
    return kinds[labels] + 0.1 * rng.standard_normal((60, 40)), labels


@pytest.fixture(scope="module")
def fitted(waves):
    return make().fit(waves[0])


# Learning -------------------------------------------------------------------------


@pytest.mark.parametrize("spectral_weight", [0, 1.0])
def test_kinds_of_series_are_told_apart(waves, spectral_weight):
    X, labels = waves
    model = make(
        spectral_weight=spectral_weight,
        local_weight=spectral_weight,
        pretrain_epochs=30,
    )
    assert adjusted_rand_score(labels, model.fit_predict(X)) == 1
    new = X + 0.05
    assert adjusted_rand_score(labels, model.predict(new)) == 1


def test_a_spectrum_recognises_series_wherever_they_start():
    rng = np.random.default_rng(0)
    time, starts = np.arange(80), rng.uniform(0, 80, (60, 1))
    labels = np.arange(60) % 2
    period = np.where(labels, 10, 16)[:, None]
    X = np.sin(2 * np.pi * (time + starts) / period)
    X += 0.3 * rng.standard_normal(X.shape)
    scores = []
    for weight in (0, 3.0):
        model = make_paper(2, spectral_weight=weight, pretrain_epochs=20)
        scores.append(adjusted_rand_score(labels, model.fit_predict(X)))
    assert scores[1] > 0.9 > 0.5 > scores[0]


def test_multivariate_real_series_cluster_better_than_chance():
    X, y = load_basic_motions(return_type="numpy3D")
    model = make(4, pretrain_epochs=30, hidden_size=64).fit(X)
    assert model.cluster_centers_.shape == (4, 6, 100)
    assert adjusted_rand_score(y, model.labels_) > 0.3


def test_pretraining_reconstructs_better_and_better(waves):
    model = make(pretrain_epochs=40, dropout=0).fit(waves[0])
    losses = [r["train_loss"] for r in model.history_ if r["phase"] == "pretraining"]
    assert losses[-1] < 0.5 * losses[0]


def test_centres_start_where_kmeans_finds_them_and_stay_without_joint_epochs(waves):
    model = make(max_epochs=0, n_init=3, start="kmeans").fit(waves[0])
    latents = model.embed(waves[0])
    kmeans = KMeans(3, n_init=3, random_state=0).fit(latents)
    np.testing.assert_allclose(
        np.sort(model.latent_centers_, 0),
        np.sort(kmeans.cluster_centers_, 0),
        rtol=1e-5,
    )
    assert model.inertia_ == pytest.approx(kmeans.inertia_, rel=1e-4)
    assert model.n_epochs_ == 0


def test_joint_training_moves_the_centres(waves):
    before = make(max_epochs=0).fit(waves[0]).latent_centers_
    after = make(max_epochs=3, tol=0).fit(waves[0]).latent_centers_
    assert np.abs(after - before).max() > 1e-4


def test_joint_training_stops_when_labels_stand_still(waves):
    model = make(max_epochs=50, tol=1e-3).fit(waves[0])
    joint = [r for r in model.history_ if r["phase"] == "joint"]
    assert model.n_epochs_ == len(joint) < 50
    assert joint[-1]["changed"] < 1e-3
    assert make(max_epochs=7).fit(waves[0]).n_epochs_ == 7


def test_joint_training_goes_on_for_two_epochs_where_no_label_changes(
    waves, monkeypatch
):
    still = torch.arange(60) % 3
    monkeypatch.setattr("skts.clustering._training.nearest", lambda *_: still)
    model = make(max_epochs=50, tol=1e-3).fit(waves[0])
    changed = [r["changed"] for r in model.history_ if r["phase"] == "joint"]
    assert changed == [0, 0]


def test_batches_that_are_not_full_are_left_out(waves, monkeypatch):
    sizes = []
    decode = LoSTer.decode

    def decode_and_count(network, z):
        if network.training:
            sizes.append(z.shape[1])
        return decode(network, z)

    monkeypatch.setattr(LoSTer, "decode", decode_and_count)
    make(batch_size=16, pretrain_epochs=1, max_epochs=1).fit(waves[0])
    assert sizes == [16, 16, 16] * 2  # of 60 series, 12 wait for another epoch


def test_joint_training_that_ends_early_warns(waves, monkeypatch):
    labels = iter(torch.arange(60).unsqueeze(1).expand(60, 60) % 3)
    monkeypatch.setattr("skts.clustering._training.nearest", lambda *_: next(labels))
    with pytest.warns(ConvergenceWarning, match="max_epochs=2.*100.00%.*tol=0.001"):
        make(max_epochs=2, tol=1e-3).fit(waves[0])


def test_the_schedules_are_those_of_the_paper(waves, monkeypatch):
    temperatures = []
    start = JointLoss.start_epoch
    monkeypatch.setattr(
        JointLoss,
        "start_epoch",
        lambda self, epoch: (start(self, epoch), temperatures.append(self.temperature)),
    )
    model = make(max_epochs=19).fit(waves[0])
    expected = [max(10 * 0.65**epoch, 0.01) for epoch in range(19)]
    assert temperatures[1:] == pytest.approx(expected)  # the first: when it is made
    assert expected[16] > temperatures[18] == 0.01
    rates = [r["lr"] for r in model.history_ if r["phase"] == "joint"]
    assert rates == pytest.approx([0.01] * 5 + [1e-3] * 5 + [1e-4] * 5 + [1e-5] * 4)


def test_both_views_count_in_full_in_the_reconstruction(waves):
    model = make_paper(
        pretrain_epochs=1, dropout=0, lr=1e-12, max_epochs=1, batch_size=60
    )
    monitored = model.fit(waves[0]).history_[-1]["reconstruction"]
    series = torch.from_numpy(model.prepare(waves[0][:, None]))
    generator = torch.Generator().manual_seed(0)
    augmented = augment(series, model.augmentation, generator)
    views = [
        SeriesFeatures(model.spectral_weight).fit(x)(x) for x in (series, augmented)
    ]
    with torch.no_grad():
        x = torch.stack(views)
        errors = (model.network_.decode(model.network_.encode(x)) - x).square()
    assert monitored == pytest.approx(float(errors.mean((1, 2)).sum()), rel=1e-4)


def test_the_history_holds_every_term_and_their_weighted_sum(waves):
    weights = {"alpha": 2.0, "instance_weight": 0.5, "cluster_weight": 0.25}
    weights["neighbor_weight"] = 1.5
    model = make(**weights, entropy_weight=3.0).fit(waves[0])
    for record in model.history_:
        if record["phase"] == "pretraining":
            continue
        total = record["reconstruction"] + 2 * record["kmeans"]
        total += 0.5 * record["instance"] + 0.25 * record["cluster"]
        total += 3 * record["entropy"] + 1.5 * record["neighbor"]
        assert min(record["instance"], record["cluster"], record["neighbor"]) > 0
        assert record["train_loss"] == pytest.approx(total, rel=1e-5)
        assert -2 * np.log(3) - 1e-6 <= record["entropy"] <= 0


def test_weights_of_zero_leave_reconstruction_and_kmeans(waves):
    off = {"instance_weight": 0, "cluster_weight": 0, "entropy_weight": 0}
    record = make_paper(**off).fit(waves[0]).history_[-1]
    assert "neighbor" not in record
    expected = record["reconstruction"] + record["kmeans"]
    assert record["train_loss"] == pytest.approx(expected, rel=1e-5)


# The paper's form, and the graph's ------------------------------------------------


# What the paper's form gave before there was a graph, on four shapes in noise.
AS_BEFORE = {
    "paper": "1332130211003300110213221302030211001322133013021022131203301322",
    "no contrast": "1332130211003300110213221302030211000322133013021022131203301322",
    "spectrum": "3210231021101310210331102310130023112321333023102110231022102320",
}


@pytest.mark.parametrize("form", AS_BEFORE)
def test_the_papers_form_gives_the_labels_it_gave_before_the_graph(form):
    rng = np.random.default_rng(7)
    t = np.linspace(0, 1, 40)
    kinds = np.array([np.sin(6 * t), np.sin(9 * t), (4 * t) % 1, np.cos(12 * t)])
    X = kinds[np.arange(64) % 4] + 1.2 * rng.standard_normal((64, 40))
    changed = {
        "paper": {},
        "no contrast": {"instance_weight": 0, "cluster_weight": 0, "entropy_weight": 0},
        "spectrum": {"spectral_weight": 1.5, "n_init": 10},
    }[form]
    settings = PAPER | {"spectral_weight": 0, "n_init": 1, "hidden_size": 32}
    settings |= {"batch_size": 16, "random_state": 3, "device": "cpu"}
    settings["pretrain_epochs"] = 50
    labels = LoSTerClusterer(4, **(settings | changed)).fit_predict(X)
    expected = np.array([*AS_BEFORE[form]], dtype=int)
    # Another processor may round a series on the border to the other side.
    assert adjusted_rand_score(expected, labels) > 0.95


@pytest.fixture(scope="module")
def rings():
    """Series on two curves of which neither surrounds a centre of its own."""
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 2
    angles = rng.uniform(0, 2 * np.pi, 240)
    size = np.where(labels, 3.0, 1.0) + 0.1 * rng.standard_normal(240)
    plane = np.stack([size * np.cos(angles), size * np.sin(angles)], axis=1)
    axes = np.linalg.qr(rng.standard_normal((20, 2)))[0]
    return plane @ axes.T + 0.02 * rng.standard_normal((240, 20)), labels


def make_for_rings(**changed):
    plain = {"standardize": False, "spectral_weight": 0, "local_weight": 0}
    plain |= {"hidden_size": 32, "pretrain_epochs": 150}
    return make(2, **(plain | changed))


def test_the_network_remembers_clusters_that_have_no_centres(rings):
    X, labels = rings
    model = make_for_rings().fit(X[:160])
    assert adjusted_rand_score(labels[:160], model.labels_) == 1
    assert adjusted_rand_score(labels[160:], model.predict(X[160:])) > 0.95
    assert adjusted_rand_score(labels, KMeans(2, n_init=5).fit_predict(X)) < 0.1


def test_pretraining_brings_latents_to_where_the_graph_has_the_series(rings):
    X = rings[0]
    model = make_for_rings(max_epochs=0, dropout=0).fit(X)
    graph = cluster_graph(torch.from_numpy(X).float(), 2, 10, seed=0)
    target = latent_target(graph.embedding, 32, seed=0)
    errors = np.square(model.embed(X) - target).mean()
    assert errors < 0.1 * target.var()


def test_centres_start_at_the_means_of_the_graphs_clusters(waves):
    X, labels = waves
    model = make(max_epochs=0, pretrain_epochs=30).fit(X)
    assert adjusted_rand_score(labels, model.labels_) == 1  # as the graph has them
    latents = model.embed(X)
    means = [latents[model.labels_ == label].mean(0) for label in range(3)]
    np.testing.assert_allclose(model.latent_centers_, means, atol=1e-4)


def test_without_its_weight_the_graph_is_not_remembered(rings):
    X, labels = rings
    forgetful = make_for_rings(neighbor_weight=0).fit(X)
    assert adjusted_rand_score(labels, forgetful.labels_) < 0.7
    assert "neighbor" not in forgetful.history_[-1]


def test_kmeans_among_latents_finds_what_the_graph_shows(rings):
    X, labels = rings
    model = make_for_rings(start="kmeans").fit(X)
    assert adjusted_rand_score(labels, model.labels_) == 1


def test_of_many_series_a_sample_is_learned_from_and_all_are_labelled(rings):
    X, labels = rings
    model = make_for_rings(n_landmarks=120).fit(X)
    assert model.labels_.shape == (240,)
    assert adjusted_rand_score(labels, model.labels_) > 0.95
    np.testing.assert_array_equal(model.labels_, model.predict(X))
    whole = make_for_rings(n_landmarks=240).fit(X)
    assert not np.allclose(whole.latent_centers_, model.latent_centers_)


def test_a_copy_is_trained_only_where_something_is_contrasted(waves):
    assert len(make().fit(waves[0]).network_.centers) == 1
    assert len(make(cluster_weight=1).fit(waves[0]).network_.centers) == 2
    alone = make_paper(instance_weight=0, cluster_weight=0).fit(waves[0])
    assert len(alone.network_.centers) == 2  # as the paper's ablation has it


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@pytest.mark.parametrize("n_copies", [1, 12])
def test_copies_keep_together_where_there_are_more_parts_than_clusters(n_copies):
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((2, 30)).cumsum(1)
    different = kinds[np.arange(10) % 2] + 0.3 * rng.standard_normal((10, 30))
    X = np.repeat(different, n_copies, axis=0)
    model = make(2, pretrain_epochs=60).fit(X)
    expected = np.repeat(np.arange(10) % 2, n_copies)
    assert adjusted_rand_score(expected, model.labels_) == 1


@pytest.mark.parametrize("n_series", [2, 3, 9, 40])
def test_few_series_are_clustered(n_series):
    X = np.random.default_rng(0).standard_normal((n_series, 24)).cumsum(1)
    model = make(2, n_neighbors=10).fit(X)
    assert set(model.labels_) == {0, 1}
    assert np.isfinite(model.cluster_centers_).all()


# Unequal lengths ------------------------------------------------------------------


def test_series_of_unequal_lengths_are_clustered_where_a_length_is_given(waves):
    X, labels = waves
    time = np.linspace(0, 1, 40)
    lengths = 30 + np.arange(60) % 21
    frames = [
        pd.DataFrame({"a": np.interp(np.linspace(0, 1, n), time, x)})
        for n, x in zip(lengths, X, strict=True)
    ]
    panel = convert_to(frames, "pd-multiindex", "Panel")
    with pytest.raises(ValueError, match="unequal length"):
        make().fit(panel)
    model = make(length=40, pretrain_epochs=30).fit(panel)
    assert model.cluster_centers_.shape == (3, 1, 40)
    assert adjusted_rand_score(labels, model.labels_) == 1
    # Series that have the length already stay as they are.
    np.testing.assert_allclose(model.prepare(X), make().fit(X).prepare(X), atol=1e-6)
    np.testing.assert_array_equal(model.predict(frames), model.labels_)
    assert adjusted_rand_score(labels, model.predict(X)) == 1


# What belongs together ------------------------------------------------------------


def test_labels_are_those_of_predict(waves, fitted):
    np.testing.assert_array_equal(fitted.labels_, fitted.predict(waves[0]))
    np.testing.assert_array_equal(make().fit_predict(waves[0]), fitted.labels_)


def test_probabilities_sum_to_one_and_agree_with_predict(waves, fitted):
    probabilities = fitted.predict_proba(waves[0])
    assert probabilities.shape == (60, 3)
    np.testing.assert_allclose(probabilities.sum(1), 1)
    np.testing.assert_array_equal(probabilities.argmax(1), fitted.labels_)


def test_inertia_and_labels_follow_from_latents_and_centres(waves, fitted):
    differences = fitted.embed(waves[0])[:, None] - fitted.latent_centers_
    distances = np.square(differences).sum(-1)
    np.testing.assert_array_equal(distances.argmin(1), fitted.labels_)
    assert fitted.inertia_ == pytest.approx(distances.min(1).sum(), rel=1e-4)


def test_decoded_centres_look_like_their_series(waves):
    X, _ = waves
    model = make(pretrain_epochs=120, dropout=0).fit(X)
    standard = (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True)
    for label, center in enumerate(model.cluster_centers_[:, 0]):
        mean = standard[model.labels_ == label].mean(0)
        assert np.corrcoef(center, mean)[0, 1] > 0.9


def test_the_score_is_the_silhouette_of_the_standardised_series(waves, fitted):
    X, _ = waves
    standard = (X - X.mean(1, keepdims=True)) / X.std(1, keepdims=True)
    expected = silhouette_score(standard, fitted.predict(X))
    assert fitted.score(X) == pytest.approx(expected, abs=1e-4)


def test_level_and_scale_of_a_series_do_not_matter(waves, fitted):
    X = waves[0] * np.linspace(1, 100, 60)[:, None] - 7
    np.testing.assert_array_equal(fitted.predict(X), fitted.labels_)
    raw = make(standardize=False).fit(waves[0])
    assert not np.allclose(raw.embed(X), raw.embed(waves[0]), atol=0.1)


def test_the_score_of_many_series_is_that_of_a_sample(waves, fitted, monkeypatch):
    monkeypatch.setattr(module, "MAX_SCORED", 20)
    X = np.concatenate([waves[0]] * 3)
    assert fitted.score(X) == fitted.score(X)
    assert abs(fitted.score(X) - fitted.score(waves[0])) < 0.2
    one = waves[1] == 0
    lonely = np.concatenate([waves[0][one]] * 10 + [waves[0][~one][:1]])
    assert np.isfinite(fitted.score(lonely))  # the sample may miss a cluster


# Forms of data --------------------------------------------------------------------


def test_all_forms_of_the_same_series_give_the_same_labels(waves, fitted):
    X = waves[0]
    panel = X[:, None, :]
    forms = [X.tolist(), pd.DataFrame(X), panel]
    kinds = ("pd-multiindex", "nested_univ", "df-list")
    forms += [convert_to(panel, kind, "Panel") for kind in kinds]
    for form in forms:
        np.testing.assert_array_equal(make().fit(form).labels_, fitted.labels_)
        np.testing.assert_array_equal(fitted.predict(form), fitted.labels_)


def test_a_column_of_a_table_and_its_array_have_features_counted(waves):
    model = make().fit(pd.DataFrame(waves[0]).rename(columns=str))
    assert model.n_features_in_ == 40
    assert list(model.feature_names_in_[:2]) == ["0", "1"]


# Edges ----------------------------------------------------------------------------


def test_constant_series_are_no_obstacle(waves):
    X = waves[0].copy()
    X[:5], X[5] = 3.7, 0.1
    model = make(4).fit(X)
    assert np.isfinite(model.embed(X)).all()
    assert len(set(model.labels_[:6])) == 1
    assert np.isfinite(model.cluster_centers_).all()


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@pytest.mark.parametrize("length", [1, 2, 3])
def test_very_short_series_are_clustered(length):
    X = np.random.default_rng(0).standard_normal((12, length))
    model = make(2).fit(X)
    assert set(model.labels_) <= {0, 1}
    assert model.cluster_centers_.shape == (2, 1, length)


def test_one_cluster_holds_everything_and_scores_zero(waves):
    model = make(1).fit(waves[0])
    assert not model.labels_.any()
    assert model.score(waves[0]) == 0


def test_as_many_clusters_as_series(waves):
    model = make(6).fit(waves[0][:6])
    assert len(set(model.labels_)) == 6
    assert model.score(waves[0][:6]) == 0


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@pytest.mark.parametrize("kind", ["sines", "shifts", "copies"])
def test_series_that_share_a_spectrum_are_clustered(kind):
    rng = np.random.default_rng(0)
    time = np.arange(64)
    pattern = rng.standard_normal(64).cumsum()
    X = {
        "sines": np.cos(6 * np.pi * time / 64 + rng.uniform(0, 6.28, (60, 1))),
        "shifts": np.array([np.roll(pattern, i) for i in range(60)]),
        "copies": np.tile(pattern, (60, 1)),
    }[kind]
    model = make(2, pretrain_epochs=10, hidden_size=32).fit(X)
    assert all(np.isfinite(r["train_loss"]) for r in model.history_)
    # Rounding is not blown up to a signal.
    assert model._state.features.spectrum_scale > 1e-3


def test_scales_whose_squares_do_not_fit_a_float(waves, fitted):
    for scale in (1e200, 1e-170):
        np.testing.assert_array_equal(
            make().fit(scale * waves[0]).labels_, fitted.labels_
        )


def test_numpy_numbers_are_numbers(waves, fitted):
    params = {
        "alpha": np.float64(1),
        "batch_size": np.int64(128),
        "lr": np.float32(0.01),
    }
    model = make(np.int64(3), **params, random_state=np.random.RandomState(0))
    assert model.fit(waves[0]).labels_.shape == (60,)
    assert make(batch_size=np.int64(16)).fit(waves[0]).n_epochs_ == 3


def test_any_seed_that_torch_takes(waves):
    assert make(random_state=2**40).fit(waves[0]).n_epochs_ == 3


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_copies_of_one_series_share_a_cluster(waves):
    model = make(3).fit(np.repeat(waves[0][:2], 10, axis=0))
    assert len(set(model.labels_[:10])) == len(set(model.labels_[10:])) == 1


def test_fewer_series_than_a_batch_train_in_one(waves):
    model = make(batch_size=1000).fit(waves[0])
    assert model.history_[-1]["kmeans"] > 0


# Seeds and files ------------------------------------------------------------------


def test_the_same_seed_gives_the_same_clusters_and_weights(waves, fitted):
    again = make().fit(waves[0])
    for name, weight in again.network_.state_dict().items():
        assert torch.equal(weight, fitted.network_.state_dict()[name])
    other = make(random_state=1).fit(waves[0])
    assert not np.allclose(other.latent_centers_, fitted.latent_centers_)


def test_global_generators_stay_as_they_are(waves):
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    make(random_state=None).fit(waves[0])
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_copies_and_files_predict_the_same(waves, fitted, tmp_path):
    path = tmp_path / "a.model.v1"
    fitted.save(path)
    copies = [pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)]
    copies.append(load(str(path)))
    for one in copies:
        np.testing.assert_array_equal(one.predict(waves[0]), fitted.labels_)
        np.testing.assert_array_equal(one.cluster_centers_, fitted.cluster_centers_)


def test_a_file_read_on_another_machine_has_everything_in_one_place(
    fitted, monkeypatch
):
    meta = torch.device("meta")
    monkeypatch.setattr("skts._files.resolve_device", lambda device: meta)
    moved = pickle.loads(pickle.dumps(fitted))
    tensors = [*moved._state.parameters(), *moved._state.buffers()]
    assert {tensor.device for tensor in tensors} == {meta}


def test_a_clone_is_unfitted_and_has_the_parameters(fitted):
    unfitted = clone(fitted)
    assert unfitted.get_params() == fitted.get_params()
    assert not unfitted.is_fitted


def test_progress_is_shown_only_where_asked_for(waves, capsys):
    make().fit(waves[0])
    assert capsys.readouterr() == ("", "")
    make(verbose=1).fit(waves[0])
    shown = capsys.readouterr().err
    assert "pretraining epoch 5/5" in shown
    assert "joint epoch 3/3" in shown
    assert shown.count("\n") == 2
