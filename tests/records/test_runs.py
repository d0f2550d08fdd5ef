"""Names of scenarios and runs, which are folder names."""

from __future__ import annotations

from radtl_tf.records.runs import PROBE, Run, Scenario, Setting

SETTING = Setting("ResNet50", "imagenet", "caffe", "frozen")


def test_names() -> None:
    scenario = Scenario(SETTING, 0.001)
    assert scenario.name == "ResNet50-imagenet-caffe-frozen-0.001"
    assert Run(scenario, 1, 4).name == "ResNet50-imagenet-caffe-frozen-0.001/1-4"


def test_the_probe_has_no_learning_rate_and_is_a_reference() -> None:
    probe = Scenario(Setting("ResNet50", "imagenet", "caffe", PROBE), None)
    assert probe.is_reference
    assert not Scenario(SETTING, 0.1).is_reference
    assert probe.name == "ResNet50-imagenet-caffe-probe"


def test_a_record_gives_the_scenario_back() -> None:
    scenario = Scenario(SETTING, 0.01)
    assert Scenario.from_dict({**scenario.as_dict(), "repeat": 3}) == scenario


def test_the_events_of_a_run_are_grouped_by_setting_and_learning_rate() -> None:
    setting = Setting("ResNet50", "random", "caffe", "frozen")
    assert Run(Scenario(setting, 0.01), 0, 2).events == "ResNet50-random-caffe-frozen/0.01/0-2"
    assert Run(Scenario(setting, None), 1, 0).events == "ResNet50-random-caffe-frozen/1-0"
