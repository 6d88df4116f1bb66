import pytest

from hedgerow.caught_up import behind, cursor, late, still_to_come, unwell


@pytest.fixture
def quiet(status, follower):
    """A look at four services among which nothing is under way."""
    return {
        "registry": status("registry"),
        "scheduling": status("scheduling", head="0-0-0", consumers=[follower()]),
        "notifications": status(
            "notifications",
            head="0-0-0",
            consumers=[follower(), follower("scheduling", position="")],
        ),
        "discovery": status("discovery", head="1-3-2", consumers=[follower()]),
    }


@pytest.fixture
def over_kafka(quiet, status, follower):
    """The same over Kafka, as it looks at a second past nine; consumers looked just then."""

    def look(second, looked_second, lag=0, at_head=True):
        relay = {"position": "1-20-9" if at_head else "1-20-8", "at_head": at_head}
        now = f"2026-03-01T09:00:{second:02}Z"
        looked = f"2026-03-01T09:00:{looked_second:02}Z"
        consumer = follower(transport="kafka", position="", lag=lag, looked_at=looked)
        return {
            "registry": status("registry", relay=relay, now=now),
            "discovery": status("discovery", relay=relay, now=now, consumers=[consumer]),
        }

    return look


def with_(look, name, **changes):
    return {**look, name: {**look[name], **changes}}


def test_two_quiet_looks_in_a_row_mean_caught_up(quiet):
    assert still_to_come([quiet, quiet]) == []


def test_one_look_is_never_enough(quiet):
    assert still_to_come([quiet]) == ["one more look is needed"]


def test_only_the_latest_looks_count(quiet):
    busy = with_(quiet, "discovery", pending={"reactions": 3})
    assert still_to_come([busy, quiet, quiet]) == []


def test_a_quiet_look_after_a_busy_one_is_not_enough(quiet):
    busy = with_(quiet, "discovery", pending={"reactions": 3})
    assert still_to_come([busy, quiet]) == ["events were written a moment ago"]


def test_a_head_that_moved_between_the_looks_asks_for_another(quiet, follower):
    # The reaction of one service was an event in another, which had answered before it.
    moved = with_(quiet, "scheduling", head="1-4-1")
    moved = with_(
        moved, "notifications", consumers=[follower(), follower("scheduling", position="1-4-1")]
    )
    assert behind(moved) == []
    assert still_to_come([quiet, moved]) == ["events were written a moment ago"]
    assert still_to_come([quiet, moved, moved]) == []


@pytest.mark.parametrize("position", ["1-20-8", "1-19-200", "0-999-999", "", None])
def test_a_consumer_before_its_sources_head_is_behind(quiet, follower, position):
    late = with_(quiet, "discovery", consumers=[follower(position=position, lag=1)])
    assert still_to_come([late, late]) == ["discovery is 1 event behind registry"]


@pytest.mark.parametrize("position", ["1-20-9", "1-20-10", "1-100-1", "2-1-1"])
def test_positions_are_compared_as_numbers_epoch_first(quiet, follower, position):
    ahead = with_(quiet, "discovery", consumers=[follower(position=position)])
    assert still_to_come([ahead, ahead]) == []


def test_a_consumers_own_opinion_of_its_lag_does_not_count_over_a_feed(quiet, follower):
    mistaken = with_(quiet, "discovery", consumers=[follower(position="1-20-8", lag=0)])
    assert still_to_come([mistaken, mistaken]) == ["discovery is behind registry"]


def test_anything_pending_holds_it_back_and_is_named(quiet):
    busy = with_(quiet, "discovery", pending={"reactions": 2, "missing vectors": 1200, "mails": 0})
    assert still_to_come([busy, busy]) == [
        "discovery has still to do: 2 reactions, 1,200 missing vectors"
    ]


def test_events_that_readers_may_not_see_yet_hold_it_back(quiet):
    busy = with_(quiet, "registry", held_back=1)
    assert still_to_come([busy, busy]) == [
        "registry holds 1 event back for a transaction that is still open"
    ]


def test_a_service_that_does_not_answer_is_not_caught_up(quiet):
    down = {**quiet, "scheduling": "scheduling does not answer at http://127.0.0.1:8002"}
    found = still_to_come([down, down])
    assert "scheduling does not answer at http://127.0.0.1:8002" in found
    assert "notifications is behind scheduling" in found


def test_a_relay_that_has_not_sent_its_head_is_not_caught_up(over_kafka):
    look = over_kafka(3, 3, at_head=False)
    assert "registry has events still to send to Kafka" in still_to_come([look, look, look])


def test_over_kafka_a_lag_measured_before_we_asked_does_not_count(over_kafka):
    looks = [over_kafka(1, 0), over_kafka(2, 0), over_kafka(3, 0)]
    assert still_to_come(looks) == [
        "discovery has not looked for events of registry since it was asked"
    ]


def test_over_kafka_a_lag_of_nothing_measured_after_we_asked_is_caught_up(over_kafka):
    assert still_to_come([over_kafka(1, 0), over_kafka(2, 0), over_kafka(4, 3)]) == []


def test_over_kafka_it_takes_a_third_look(over_kafka):
    assert still_to_come([over_kafka(2, 0), over_kafka(4, 3)]) == ["one more look is needed"]


@pytest.mark.parametrize("lag", [1, None])
def test_over_kafka_a_lag_or_an_unknown_one_is_behind(over_kafka, lag):
    looks = [over_kafka(second, second, lag=lag) for second in (1, 2, 3)]
    assert len(still_to_come(looks)) == 1


def test_over_kafka_the_first_looks_head_must_be_the_latests(over_kafka):
    earlier = with_(over_kafka(1, 0), "registry", head="1-20-8")
    looks = [earlier, over_kafka(2, 1), over_kafka(4, 3)]
    assert still_to_come(looks) == ["events were written a moment ago"]


def test_no_cursor_is_before_every_event():
    assert cursor(None) == cursor("") == cursor("0-0-0") < cursor("1-1-1")


def test_dead_letters_do_not_keep_it_from_catching_up(quiet):
    parked = with_(quiet, "discovery", dead_letters=1)
    assert still_to_come([parked, parked]) == []


def test_a_quiet_platform_is_well_and_nothing_is_late(quiet):
    assert unwell(quiet) == []
    assert late(quiet, quiet) == []


def test_what_was_there_earlier_and_has_not_arrived_is_late(quiet, follower):
    slow = with_(quiet, "discovery", consumers=[follower(position="1-2-1", lag=None)])
    assert late(slow, quiet) == ["discovery is behind registry"]


def test_what_came_only_since_is_not_late(quiet):
    since = with_(quiet, "registry", head="1-30-10")
    assert behind(since) != []
    assert late(since, quiet) == []


def test_a_source_that_did_not_answer_makes_nobody_late(quiet):
    away = {**quiet, "registry": "registry does not answer"}
    assert late(away, away) == []
    assert unwell(away) == ["registry does not answer"]


def test_events_held_back_at_both_looks_are_late(quiet):
    held = with_(quiet, "registry", held_back=3)
    assert late(held, quiet) == []
    assert late(held, held) == ["registry holds 3 events back for a transaction that is still open"]


def test_a_relay_is_late_with_what_was_there_earlier_only(over_kafka):
    sending, earlier = over_kafka(3, 3, at_head=False), over_kafka(1, 1)
    before = {name: {**status, "head": "1-20-8"} for name, status in earlier.items()}
    assert late(sending, before) == []
    assert "registry has events still to send to Kafka" in late(sending, earlier)


@pytest.mark.parametrize(
    ("lag", "said"),
    [
        (0, []),
        (1000, []),
        (1001, ["discovery is 1,001 events behind registry"]),
        (None, ["discovery is behind registry"]),
    ],
)
def test_a_topics_consumer_is_late_beyond_the_lag_limit(over_kafka, lag, said):
    assert late(over_kafka(3, 3, lag=lag), over_kafka(1, 1)) == said


def test_a_consumer_whose_look_at_its_topic_is_old_is_not_well(over_kafka):
    look = over_kafka(59, 0)
    assert unwell(look) == []
    look["discovery"]["now"] = "2026-03-01T09:01:01Z"
    assert unwell(look) == ["discovery last looked for events of registry at 2026-03-01T09:00:00Z"]


def test_a_feeds_old_look_says_nothing_but_none_at_all_does(quiet, follower):
    old = [follower(looked_at="2026-02-01T09:00:00Z")]
    never = [follower(looked_at=None)]
    assert unwell(with_(quiet, "discovery", consumers=old)) == []
    assert unwell(with_(quiet, "discovery", consumers=never)) == [
        "discovery has not looked for events of registry yet"
    ]


def test_a_consumers_error_is_told(quiet, follower):
    broken = [follower(error="registry does not answer")]
    assert unwell(with_(quiet, "discovery", consumers=broken)) == [
        "discovery cannot follow registry: registry does not answer"
    ]


def test_dead_letters_are_not_well_and_say_which_command_lists_them(quiet):
    assert unwell(with_(quiet, "discovery", dead_letters=1)) == [
        "discovery has 1 dead letter (`hedgerow dead-letters list --service discovery`)"
    ]


def test_events_seen_with_other_content_are_not_well(quiet):
    assert unwell(with_(quiet, "discovery", divergences=2)) == [
        "discovery has seen 2 events that their source has no more, or has with other content"
        " (`hedgerow dead-letters list --service discovery`)"
    ]
