"""Acronyms of health and care that everyone uses and nobody explains.

A line holds an acronym and what it stands for: `;` between different things, `=` between names of
the same.
"""

import re

_LIST = """
a&e accident and emergency = emergency department
acp advance care planning; advanced clinical practitioner
adhd attention deficit hyperactivity disorder
af atrial fibrillation
ahp allied health professional
ahsn academic health science network
ai artificial intelligence
aki acute kidney injury
amr antimicrobial resistance
anp advanced nurse practitioner
asd autism spectrum disorder
bame black asian and minority ethnic
bmi body mass index
bsl british sign language
camhs child and adolescent mental health services
cbt cognitive behavioural therapy
ccg clinical commissioning group
cf cystic fibrosis
cfs chronic fatigue syndrome
chc continuing healthcare
chd coronary heart disease
ckd chronic kidney disease
cns clinical nurse specialist
cop community of practice
copd chronic obstructive pulmonary disease
cpd continuing professional development
cpr cardiopulmonary resuscitation
cqc care quality commission
cvd cardiovascular disease
cyp children and young people
dbt dialectical behaviour therapy
dna did not attend
dnacpr do not attempt cardiopulmonary resuscitation
dols deprivation of liberty safeguards
dvt deep vein thrombosis
ecg electrocardiogram
ed emergency department; eating disorder
edi equality diversity and inclusion
ehcp education health and care plan
ehr electronic health record
ent ear nose and throat
eol end of life
eolc end of life care
epr electronic patient record
fgm female genital mutilation
fnd functional neurological disorder
gdpr general data protection regulation
gi gastrointestinal
gp general practitioner; general practice
gum genitourinary medicine
hca healthcare assistant
hcai healthcare associated infection
hcp healthcare professional
hcv hepatitis c
hf heart failure
hiv human immunodeficiency virus
hpv human papillomavirus
hr human resources
iapt improving access to psychological therapies
ibd inflammatory bowel disease
ibs irritable bowel syndrome
icb integrated care board
ics integrated care system
icu intensive care unit
ipc infection prevention and control
it information technology
itu intensive therapy unit = intensive care unit
iv intravenous
ivf in vitro fertilisation
l&d learning and development
lac looked after children
ld learning disability
lgbt lesbian gay bisexual and transgender
los length of stay
ltc long term condition
mca mental capacity act
mdt multidisciplinary team
me myalgic encephalomyelitis
mh mental health
mha mental health act
mhst mental health support team
mi myocardial infarction
ml machine learning
mnd motor neurone disease
mrsa methicillin resistant staphylococcus aureus
ms multiple sclerosis
msk musculoskeletal
ncd noncommunicable disease
news national early warning score
nhs national health service
nice national institute for health and care excellence
nicu neonatal intensive care unit
o&g obstetrics and gynaecology
ocd obsessive compulsive disorder
od organisational development
ooh out of hours
ot occupational therapy
pals patient advice and liaison service
pcn primary care network
pdsa plan do study act
pe pulmonary embolism
phm population health management
pifu patient initiated follow up
ppe personal protective equipment
ppg patient participation group
ppi patient and public involvement
prem patient reported experience measure
prom patient reported outcome measure
psirf patient safety incident response framework
ptsd post traumatic stress disorder
q&a questions and answers
qi quality improvement
qof quality and outcomes framework
r&d research and development
ra rheumatoid arthritis
rcn royal college of nursing
rct randomised controlled trial
rsv respiratory syncytial virus
rtt referral to treatment
sdec same day emergency care
sen special educational needs
send special educational needs and disabilities
slt speech and language therapy
smi severe mental illness = serious mental illness
spc statistical process control
std sexually transmitted disease
sti sexually transmitted infection
t&o trauma and orthopaedics
t1d type 1 diabetes
t1dm type 1 diabetes mellitus; type 1 diabetes
t2d type 2 diabetes
t2dm type 2 diabetes mellitus; type 2 diabetes
tb tuberculosis
tia transient ischaemic attack
uec urgent and emergency care
uti urinary tract infection
vawg violence against women and girls
vcse voluntary community and social enterprise
vr virtual reality
vte venous thromboembolism
who world health organization
"""


def _read() -> tuple[dict[str, tuple[str, ...]], list[list[str]]]:
    known: dict[str, tuple[str, ...]] = {}
    same: list[list[str]] = []
    for line in _LIST.strip().splitlines():
        acronym, _, meanings = line.partition(" ")
        known[acronym] = tuple(re.split("; | = ", meanings))
        same += [names.split(" = ") for names in meanings.split("; ") if " = " in names]
    return known, same


KNOWN, SAME = _read()
"""Acronym in lower case to what it stands for; and names of the same thing."""

WORDS_TOO = frozenset(
    "cop dna ed ent gum it lac los me mi ms news nice ot pals pe prem prom send who".split()  # noqa: SIM905
)
"""Of these, what is a word of its own too: an acronym only where it is written in capitals."""
