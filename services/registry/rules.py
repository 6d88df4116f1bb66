"""The registry's durations and limits, each with its unit and why."""

from datetime import timedelta

# Signing in
SIGN_IN_LIFETIME = timedelta(minutes=15)  # long enough for slow mail, short for an open mailbox
SIGN_IN_WINDOW = timedelta(hours=1)  # over which requests to sign in are counted
SIGN_INS_PER_ADDRESS = 3  # emails to one address in that time: nobody's mailbox is flooded
SIGN_INS_PER_NETWORK = 20  # requests from one network address in that time: an office shares one
CODE_TRIES = 5  # wrong codes of one sign-in: a guess is right once in 200,000

# Signing in with an identity provider
OIDC_LIFETIME = timedelta(minutes=10)  # to sign in there and come back, with a second factor
OIDC_CONFIRMED_WITHIN = timedelta(minutes=30)  # by email: slow mail, and one that went wrong
OIDC_WINDOW = timedelta(hours=1)  # over which those begun are counted; longer than both together
OIDC_BEGUN_PER_NETWORK = 60  # in that time: no email is sent, and an office shares one
OIDC_BEGUN = 10_000  # in that time, of all: what the table can hold, and the provider be sent
OIDC_CLOCKS_APART = timedelta(seconds=30)  # what the provider's clock and ours may differ by
OIDC_SIGNED_IN_WITHIN = timedelta(minutes=30)  # at the provider: as fresh as sensitive acts need

# Sessions
SESSION_IDLE = timedelta(hours=12)  # without use: a shared computer left behind
SESSION_LONGEST = timedelta(days=7)  # used or not

# What a person who signs in is kept for, and how long after the last time
ACCOUNT_PURPOSE = "account"
ACCOUNT_KEPT = timedelta(days=365)

# Signing keys of access tokens
KEY_OVERLAP = timedelta(minutes=10)  # twice as long as services keep the keys that they have read
KEY_LIFETIME = timedelta(days=90)  # after which the next is made

# What waits for people
ROLE_ENDS_SOON = timedelta(days=30)  # in which a convener sees to who goes on

# Registering communities
REGISTERING_WINDOW = timedelta(days=1)  # over which those that a person registered are counted
REGISTERED_PER_PERSON = 3  # in that time: people start few, and each is public and tells others

# Changing an address: as signing in, since whoever has the mailbox signs in by it
ADDRESS_CHANGE_LIFETIME = timedelta(minutes=15)
ADDRESS_CHANGE_WINDOW = timedelta(hours=1)  # over which requests are counted
ADDRESS_CHANGES_PER_ADDRESS = 3  # emails to one address in that time
ADDRESS_CHANGES_PER_PERSON = 3  # requests by one person in that time: nobody tries out addresses
OLD_ADDRESS_KEPT = timedelta(hours=48)  # to tell it: as old as a message may be
