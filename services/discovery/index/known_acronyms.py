"""Acronyms of health and care that everyone uses and nobody explains."""

_LIST = """
acp advance care planning; advanced clinical practitioner
adhd attention deficit hyperactivity disorder
af atrial fibrillation
ahp allied health professional
aki acute kidney injury
ahsn academic health science network
amr antimicrobial resistance
asd autism spectrum disorder
bame black asian and minority ethnic
bmi body mass index
bsl british sign language
camhs child and adolescent mental health services
cbt cognitive behavioural therapy
ccg clinical commissioning group
cfs chronic fatigue syndrome
chc continuing healthcare
ckd chronic kidney disease
copd chronic obstructive pulmonary disease
cop community of practice
cpd continuing professional development
cpr cardiopulmonary resuscitation
cqc care quality commission
cvd cardiovascular disease
dnacpr do not attempt cardiopulmonary resuscitation
dols deprivation of liberty safeguards
dvt deep vein thrombosis
ecg electrocardiogram
ed emergency department; eating disorder
edi equality diversity and inclusion
ehr electronic health record
eol end of life
eolc end of life care
fgm female genital mutilation
gdpr general data protection regulation
gp general practitioner; general practice
hcai healthcare associated infection
hcp healthcare professional
hiv human immunodeficiency virus
ibd inflammatory bowel disease
ibs irritable bowel syndrome
icb integrated care board
ics integrated care system
icu intensive care unit
ipc infection prevention and control
ivf in vitro fertilisation
lgbt lesbian gay bisexual and transgender
ld learning disability
los length of stay
ltc long term condition
mdt multidisciplinary team
me myalgic encephalomyelitis
mh mental health
mnd motor neurone disease
mrsa methicillin resistant staphylococcus aureus
ms multiple sclerosis
msk musculoskeletal
ncd noncommunicable disease
nhs national health service
nice national institute for health and care excellence
ot occupational therapy
pals patient advice and liaison service
pcn primary care network
phm population health management
ppe personal protective equipment
ppi patient and public involvement
prom patient reported outcome measure
prem patient reported experience measure
psirf patient safety incident response framework
ptsd post traumatic stress disorder
qi quality improvement
qof quality and outcomes framework
rcn royal college of nursing
sdec same day emergency care
send special educational needs and disabilities
slt speech and language therapy
smi severe mental illness; serious mental illness
std sexually transmitted disease
sti sexually transmitted infection
tb tuberculosis
tia transient ischaemic attack
uti urinary tract infection
vcse voluntary community and social enterprise
vte venous thromboembolism
who world health organization
"""


def _read() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for line in _LIST.strip().splitlines():
        acronym, _, meanings = line.partition(" ")
        known[acronym] = tuple(meaning.strip() for meaning in meanings.split(";"))
    return known


KNOWN = _read()
"""Acronym in lower case to what it stands for."""

WORDS_TOO = frozenset("cop ed los me ms nice ot pals prem prom send who".split())  # noqa: SIM905
"""Of these, what is a word of its own too: an acronym only where it is written in capitals."""
