"""Every benchmark runs, in its smallest size; no figure is judged here."""

import json

import pytest
from click.testing import CliRunner

from nurture.cli.bench import NAMES, bench
from tests.bench.result import MissingTool
from tests.bench.smtp import tool
from tests.bench.web import tool as web_tool

NEEDS = {
    "smtp": ("smtp-sink", "smtp-source"),
    "deliver": ("smtp-sink", "smtp-source"),
    "rq": ("smtp-sink",),
    "click": ("nginx", "wrk"),
    "open": ("nginx", "wrk"),
}
KEYS = ["name", "value", "unit", "reference", "ratio", "min", "max", "runs", "goal"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_prints_one_object_with_its_reference(name: str) -> None:
    _skip_without_tools(name)
    done = CliRunner().invoke(bench, [name, "--smoke", "--json"], catch_exceptions=False)

    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout.splitlines()[-1])
    assert list(told) == KEYS
    assert told["name"] == name
    assert sorted(told["reference"]) == ["name", "value"]
    assert told["value"] > 0
    assert told["min"] <= told["ratio"] <= told["max"]


def test_a_missing_tool_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(MissingTool, match="smtp-nowhere is missing: apt-get install postfix"):
        tool("smtp-nowhere")


def test_what_nobody_can_measure_is_a_mistake_in_usage() -> None:
    assert CliRunner().invoke(bench, ["happiness"]).exit_code == 2


def _skip_without_tools(name: str) -> None:
    for needed in NEEDS.get(name, ()):
        try:
            (web_tool if needed in ("nginx", "wrk") else tool)(needed)
        except MissingTool as missing:
            pytest.skip(f"the benchmark {name} did not run: {missing}")
