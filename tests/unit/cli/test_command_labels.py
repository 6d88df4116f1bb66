LINES = b"com_a\tcom_b\t3\ncom_a\tcom_c\t0\n"


def test_labels_are_written_as_they_are_to_standard_output(command, services):
    services["discovery"].routes["GET", "/labels"] = (200, LINES)
    result = command("labels")
    assert (result.exit_code, result.stdout.encode()) == (0, LINES)


def test_labels_are_written_to_a_file_and_counted(command, services, tmp_path):
    services["discovery"].routes["GET", "/labels"] = (200, LINES)
    file = tmp_path / "use.qrels.tsv"
    result = command("labels", str(file))
    assert result.exit_code == 0
    assert result.stdout == f"Wrote 2 labels to {file}.\n"
    assert file.read_bytes() == LINES


def test_a_refusal_is_a_sentence_and_leaves_no_file(command, services, tmp_path):
    services["discovery"].routes["GET", "/labels"] = (503, {"detail": "not yet"})
    file = tmp_path / "use.qrels.tsv"
    result = command("labels", str(file))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Discovery refused: not yet\n"
    assert not file.exists()
