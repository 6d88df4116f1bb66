"""Names of one subject in health and care: what people call it, and what those call it who work
on it. Each line holds names of which any finds the others."""

_LINES = """
falls = trips and tumbles
end of life = dying = palliative = hospice
end of life care = palliative care = hospice care
care home = nursing home = residential care
older people = older adults = elderly people = later life
teenagers = adolescents
children = paediatric
pregnancy = maternity = antenatal
new mothers = postnatal = perinatal
miscarriage = pregnancy loss
stillbirth = baby loss
grief = bereavement
heart attack = myocardial infarction
heart disease = cardiac = cardiology
high blood pressure = hypertension
cancer = oncology
kidney disease = renal
lung disease = breathing problems = respiratory = breathlessness
bedsores = pressure ulcers = pressure injuries
eye care = ophthalmology
sight loss = blindness = visual impairment
hearing loss = deafness = deaf
teeth = dental = oral health
skin = dermatology
bones = orthopaedic
incontinence = continence
memory loss = memory problems = dementia
confusion = delirium
smoking = tobacco = cigarettes
drinking = alcohol
drug use = substance misuse
overweight = obesity
exercise = physical activity
healthy eating = nutrition
loneliness = social isolation
homelessness = rough sleeping = rough sleepers
refugees = asylum seekers
veterans = armed forces
prisoners = prison health
learning disability = intellectual disability
unpaid carers = family carers
antibiotics = antimicrobials
blood poisoning = sepsis
medicines = medication
scans = medical imaging = radiology
surgery = operating theatres
waiting lists = waiting times
climate change = net zero
suicide prevention = preventing suicide
cold homes = fuel poverty
"""
SAME = [line.split(" = ") for line in _LINES.strip().splitlines()]
"""Names of one thing, in lower case."""
