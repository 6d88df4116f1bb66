def test_a_calibration_is_told_level_by_level(command, services):
    fit = {"least": 0.3, "shown": 21, "right": 0.9, "found": 0.44, "held_out": 0.85}
    fits = [fit | {"level": "related"}, fit | {"level": "close", "least": 0.5}]
    before = {"related": 0.27, "close": 0.38}
    services["discovery"].routes["POST", "/calibration"] = (
        200,
        {
            "model": "mine",
            "judged_pairs": 197,
            "judged_searches": 36,
            "agreement": 0.889,
            "pairs": fits,
            "searches": fits,
            "before": {"pairs": before, "searches": before},
        },
    )
    result = command("calibrate")
    assert result.exit_code == 0
    assert "197 judged pairs" in result.stdout
    assert "pairs, closely related: from 0.500 (was 0.380); 90% of 21 shown are right" in (
        result.stdout
    )
    assert result.stdout.endswith("Scores mean this from now on, while the model is mine.\n")


def test_without_a_model_the_refusal_is_a_sentence(command, services):
    services["discovery"].routes["POST", "/calibration"] = (503, {"detail": "no model"})
    result = command("calibrate")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Discovery refused: no model\n"


def test_an_evaluation_is_told_with_its_intervals(command, services):
    nothing = {"value": None, "low": None, "high": None, "of": 0}
    right = {"value": 0.8, "low": 0.66, "high": 0.89, "of": 40}
    services["discovery"].routes["GET", "/evaluation"] = (
        200,
        {
            "labels": 52,
            "ndcg": {"value": 0.71, "low": 0.6, "high": 0.8, "of": 12},
            "right": {"close": right, "related": nothing, "nearest": nothing},
        },
    )
    result = command("evaluation")
    assert result.exit_code == 0
    assert "nDCG@10: 0.71 (in 19 of 20 cases between 0.60 and 0.80), 12 communities" in (
        result.stdout
    )
    assert "shown as closely related, and right: 0.80" in result.stdout
    assert "no match" not in result.stdout


def test_without_labels_there_is_nothing_to_evaluate(command, services):
    services["discovery"].routes["GET", "/evaluation"] = (200, {"labels": 0})
    assert command("evaluation").stdout.startswith("Nothing has been judged yet")
