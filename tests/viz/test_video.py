"""Videos: the frames of a walk, and files that are whole or not there."""

import shutil
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from leo_lab import viz
from leo_lab.envs import make
from leo_lab.errors import LabError
from leo_lab.truth.tabular import exact_values
from leo_lab.viz import theme

MAP = "S....\n.###.\n.....\n"


def decode(path, height, width):
    """Frames uint8 [T, height, width, 3] of a video file, and what ffmpeg says about it."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, height, width, 3), done.stderr.decode()


@pytest.fixture(scope="module")
def world():
    env = make("gridworld", map=MAP)
    values = exact_values(env)
    return values, viz.greedy_trace(values, env.states.transitions, None, ["r0c4", "r2c0"])


@pytest.fixture(scope="module")
def frames(world):
    return list(viz.rollout_frames(*world, cell=24, pause=2))


def test_rollout_has_a_frame_per_time_and_rests_at_arrivals(world, frames):
    _, trace = world
    assert len(frames) == len(trace.states) + 2 * trace.achieved.sum()
    assert {frame.shape for frame in frames} == {frames[0].shape} and frames[0].dtype == np.uint8
    assert frames[0].shape[0] % 2 == frames[0].shape[1] % 2 == 0
    arrival = int(np.flatnonzero(trace.achieved)[0])
    assert np.array_equal(frames[arrival], frames[arrival + 2])
    assert not np.array_equal(frames[arrival], frames[arrival + 3])


def test_rollout_shows_the_agent_where_it_is(world, frames):
    values, trace = world
    for time in range(4):  # before the first arrival, so that frames and times agree
        row, col = values.state_positions[trace.states[time]]
        assert tuple(frames[time][26 + row * 24 + 11, 26 + col * 24 + 11]) == theme.rgb(theme.ACCENT)


def test_rollout_of_an_agent_takes_the_truth_and_a_scale(world):
    values, trace = world
    agent = values.replace(q=values.q * 0.98, title="leo")
    error = next(iter(viz.rollout_frames(agent, trace, scale="error", truth=values, cell=24)))
    assert error.shape == next(iter(viz.rollout_frames(agent, trace, truth=values, cell=24))).shape
    with pytest.raises(LabError, match="needs the exact values"):
        viz.rollout_frames(agent, trace, scale="error")
    with pytest.raises(LabError, match="pause must not be negative"):
        viz.rollout_frames(agent, trace, pause=-1)


def test_mp4_holds_every_frame(tmp_path, frames):
    path = viz.save_video(tmp_path / "walk.mp4", iter(frames), fps=5)
    video, facts = decode(path, *frames[0].shape[:2])
    assert len(video) == len(frames) and "h264" in facts and "yuv420p" in facts and "5 fps" in facts
    assert np.abs(video[3].astype(int) - frames[3]).mean() < 4
    assert [file.name for file in tmp_path.iterdir()] == ["walk.mp4"]


def test_gif_is_animated(tmp_path, frames):
    path = viz.save_video(tmp_path / "walk.gif", frames[:6], fps=5)
    with Image.open(path) as picture:
        assert picture.n_frames == 6 and picture.size == frames[0].shape[1::-1]


def test_odd_sizes_are_made_even(tmp_path):
    path = viz.save_video(tmp_path / "odd.mp4", [np.full((31, 45, 3), 90, np.uint8)] * 3)
    video, facts = decode(path, 32, 46)
    assert len(video) == 3 and "46x32" in facts


def test_an_interrupted_write_leaves_the_old_file(tmp_path, frames):
    path = tmp_path / "walk.mp4"
    path.write_bytes(b"old")

    def broken():
        yield from frames[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        viz.save_video(path, broken())
    assert path.read_bytes() == b"old" and [file.name for file in tmp_path.iterdir()] == ["walk.mp4"]


@pytest.mark.parametrize(
    "name, given, options, message",
    [
        ("walk.avi", [np.zeros((4, 4, 3), np.uint8)], {}, 'unknown video format ".avi"'),
        ("walk", [np.zeros((4, 4, 3), np.uint8)], {}, 'unknown video format "walk"; known: .mp4, .gif'),
        ("walk.mp4", [], {}, "no frames to write"),
        ("walk.mp4", [np.zeros((4, 4, 3), np.uint8)], {"fps": 0}, "fps must be above 0"),
        ("no/walk.mp4", [np.zeros((4, 4, 3), np.uint8)], {}, "there is no folder"),
        ("walk.mp4", [np.zeros((4, 4, 3))], {}, "frames must be uint8"),
        ("walk.mp4", [np.zeros((4, k, 3), np.uint8) for k in (4, 6)], {}, r"of one size, got uint8 \(4, 6, 3\)"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(tmp_path, name, given, options, message):
    with pytest.raises(LabError, match=message) as caught:
        viz.save_video(tmp_path / name, given, **options)
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []


def test_a_missing_ffmpeg_is_one_line_that_says_what_to_install(tmp_path, frames, monkeypatch):
    def none():
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(LabError, match="pip install imageio-ffmpeg") as caught:
        viz.save_video(tmp_path / "walk.mp4", frames)
    assert "\n" not in str(caught.value) and list(tmp_path.iterdir()) == []
