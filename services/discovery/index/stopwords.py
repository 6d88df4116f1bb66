"""Words that say nothing about what a community is about."""

# Function words of English and contractions of them, apostrophes left out ("don't" is "dont").
STOP_WORDS = frozenset(
    """
    a about above across after again against ain all almost along also although always am among
    an and another any anyone anything are arent as at away be became because become been before
    behind being below between both but by came can cannot cant could couldnt did didnt do does
    doesnt doing done dont down due during each eg either else etc ever every everyone everything
    few for from further get gets give given go had hadnt has hasnt have havent having he her
    here hers herself him himself his how however i ie if im in including into is isnt it its
    itself ive just know let like made make makes making many may me might more most much
    must my myself need neither no nor not now of off often on once one only onto or other others
    our ours ourselves out over own per rather re s same she should shouldnt since so some such
    take than that thats the their theirs them themselves then there these they theyre this
    those through to together too toward towards under until up upon us use used using very
    via was wasnt we well were werent what when where whether which while who whom whose why will
    with within without wont would wouldnt yet you your yours yourself yourselves
    """.split()  # noqa: SIM905
)

# Of these, what is written in capitals to stress it more often than as an acronym.
EMPHASIS = frozenset(
    """
    and any are before both but can cannot do does dont each either every everyone everything for
    from if into is just many may more most must need neither never no nor not now off on once one
    only or our other over own same should so than that the their them then there these they this
    those to too under until up use very was what when where whether which why will with within
    without would yes you your
    """.split()  # noqa: SIM905
)
