"""Words that say little or nothing about what two communities have in common.

They count in the score, a little, as all words do; but nobody is told of them alone.
"""

from collections.abc import Callable, Iterable

from services.discovery.index.language import stem, word
from services.discovery.index.stopwords import STOP_WORDS

IsCommon = Callable[[str], bool]

# A word that more than this part of all communities use names no subject of two of them, where
# there are enough communities to say so.
_WIDESPREAD, _ENOUGH = 0.15, 30

# Words of everyday, which say nothing of a subject, alone or side by side.
_EMPTY = """
adviser advice coast fortnight fortnightly officer seminar webinar visitor
able absence accept access accessible account achieve act action active add adopt affect afraid
afternoon age ageing agree aim allow alone annual anonymous answer anyway appear apply approach
april area arise arrange arrive ask assess attempt attend attention august autumn available avoid
aware back bad base basis bear beat begin belong best better big bit board bold book both break
bridge brief bright bring broad broken build busy buy call calm careful carry case catch cause
centre certain chair challenge chance change chart check choice choose circle clear close club
collaborate collaboration collaborative colleague collect combine comfortable commit common
compare complete concern conference confidence confident connect consider consultancy contact
content continue contribute conversation cope copy corner cost country couple course cover create
crew cross current cycle daily date day deal december decide deep deliver delivery depend describe
design desk detail develop developer development differ difference different difficult direct
discover discuss discussion district door doubt dozen draw drop early ease east easy effect
effective effort eight eighteen eleven empty enable encourage end enjoy enough ensure entire
establish evening event eventual everyday evidence examine example exchange exist expect
experience expert explain explore extra face fact fail fair false far fast fear february feel
fellow fifteen fifth figure fill final find fine finish first fit five focus follow force form
formal forum forward found four fourteen fourth free frequent fresh friday friend front full
further future gain gap gather general gentle go goal gone good great ground group grow growth
guidance guide habit half hand handful handle hang happen happy hard harder hear help hide high
hold honest hope hour hundred idea identify imagine impact important improve include increase
individual inform information initiative inside instead intend interest introduce invite involve
involvement issue item january job join joint july june keep key kind know knowledge known lack
large largely last lasting late later lead leader lean learn least leave left length less lesson
let level lift light like likely limit line link list listen little live local long look lose loss
lot low main maintain maker manage march mark match matter mean measure meet meeting member
mention method middle mind minute miss mistake mix model moment monday month monthly morning
mostly move myth name narrow national nature near nearly necessary need network never new news
next night nine nineteen nobody normal north note nothing notice november number observe obvious
october offer official old ongoing open openly operate opportunity order ordinary organisation
organise organiser original outcome outline outside owner pace page pair paper part particular
partner partnership party pass past path pattern pay perfect perform perhaps period person
personal pick picture piece pilot place plan point policy pool poor popular position positive
possible post potential power practical practise practitioner prefer prepare present pressure
pretty prevent previous pride principle prior priority private problem process produce programme
progress project promise promote proper protect prove provide public publish pull purpose push put
quarter quarterly question quick quiet quite raise range rare rate reach read ready real realise
reality reason receive recent record reduce refer reflect regard region regional regular relate
relevant rely remain remember remove repeat replace report represent require resource respond
response rest result return review rich right role room round rule run safe safely same saturday
save say scale score second see seek seem sense sentence september series serious serve session
set settle seven seventeen several shape share shift short shorter show side sign simple single
sit site situation six sixteen size skill slow small soft solution solve someone something
sometimes soon sooner sort source south space speak special speed spend spot spread spring stage
stand standard start state stay steady step stick stop strategy strength strong struggle studies
study stuff style subject succeed success sudden suggest suit summer sunday sure surprise swap
table tackle talk target task tell ten tend term test text thank thin thing think third thirteen
thirty thought thousand three thursday tie till time tiny title today together tomorrow tonight
tool top topic total touch trace treat trial trouble try tuesday turn twelve twenty twice two type
unable understand understood union unit unite upset usual value variety various version view visit
wait want watch way wednesday week weekend weekly welcome west whole wide wider willing win wisdom
wish wonder word workshop world worry worth write written wrong year yearly yesterday zero
"""
# Words of the field, which say something only side by side: "care home", "social work".
_WEAK = """
adult care child children clinic clinical community family health healthcare home hospital
improvement life living nurse older patient people practice professional quality safety
service social staff support system team work worker workforce young
"""


def _stems_of(words: str) -> frozenset[str]:
    return frozenset(found for written in words.split() for found in word(written).stems)


_WEAK_STEMS = _stems_of(_WEAK)
# "going" is no stop word, but has the stem of one.
_EMPTY_STEMS = (_stems_of(_EMPTY) | frozenset(map(stem, STOP_WORDS))) - _WEAK_STEMS


def say_something(stems: Iterable[str], is_common: IsCommon) -> bool:
    """Whether words side by side name a subject: one of them that few use, or two of the field.

    `is_common` says which stems very many communities use.
    """
    meant = {found for found in stems if found not in _EMPTY_STEMS and not found.isdigit()}
    weak = {found for found in meant if found in _WEAK_STEMS or is_common(found)}
    return len(meant) > len(weak) or len(weak) > 1


def is_widespread(used: int, communities: int) -> bool:
    """Whether so many communities use a word that it names no subject."""
    return communities >= _ENOUGH and used > _WIDESPREAD * communities
