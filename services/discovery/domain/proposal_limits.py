"""How much people may propose: each proposal is mailed to conveners who have not asked for it."""

from datetime import timedelta

A_DAY = timedelta(days=1)
MOST_A_DAY = 10  # of one person: enough to make a community known, too few to flood all others
# After a refusal or a lapse: that was an answer, and to be asked again at once is to be pressed.
AGAIN_AFTER = timedelta(days=7)
