"""The numbers of the landscape, and what each of them means."""

COMMUNITIES = "communities"
NEEDED, NEEDED_DAYS, NEEDED_LONGEST = (
    "conveners_needed",
    "convener_needed_days_median",
    "convener_needed_days_longest",
)
LINKS, ACROSS = "links", "links_across_networks"
QUIET, QUIETER, RHYTHM = "quiet", "quieter_than_usual", "rhythm_known"
UNMET = "unmet_searches"
STATES = ("proposed", "active", "dormant", "closed")
STAGES = ("potential", "coalescing", "maturing", "stewardship", "transformation", "")
TREND = (COMMUNITIES, NEEDED, LINKS, ACROSS, QUIET)

DEFINITIONS = {
    COMMUNITIES: "Communities that are open: proposed, active or dormant, not closed.",
    "state_proposed": "Communities that are proposed: not active yet.",
    "state_active": "Communities that are active.",
    "state_dormant": "Communities that rest for a time and are still open.",
    "state_closed": "Communities that have ended, however they did; not among the open ones.",
    "stage_potential": "Open communities at the stage potential: people find one another.",
    "stage_coalescing": "Open communities at the stage coalescing: they begin to meet.",
    "stage_maturing": "Open communities at the stage maturing: they know what they are about.",
    "stage_stewardship": "Open communities at the stage stewardship: they keep their field alive.",
    "stage_transformation": "Open communities at the stage transformation: they become another.",
    "stage_not_said": "Open communities that have not said their stage.",
    NEEDED: (
        "Open communities that nobody convenes. One that came from a list and was not claimed"
        " yet does not count."
    ),
    NEEDED_DAYS: (
        "For how many whole days those have needed a convener: half of them as long or longer."
        " Empty where none needs one."
    ),
    NEEDED_LONGEST: "For how many whole days the one has that has waited longest.",
    LINKS: (
        "Agreed links that have not ended, with at least one end here. A link between two rows"
        " counts in both, so rows may add up to more than the total."
    ),
    ACROSS: "Of these links, those whose two communities share no network.",
    QUIET: (
        "Open communities that are quiet by their own rhythm: much longer without a meeting than"
        " their usual gap, and none planned. Never said of one with fewer than three meetings."
    ),
    QUIETER: "Open communities that are quieter than usual, by their own rhythm, but not quiet.",
    RHYTHM: "Open communities whose rhythm is known: they have held three meetings or more.",
    UNMET: (
        "Needs that at least three different people searched for, in words like one another's,"
        " without finding a community, in the 180 days before. Empty where that cannot be told:"
        " searches of a network are known by network alone, and kept no longer."
    ),
}
