"""British and American spellings of a word, read as one.

What comes out is compared and never shown, so that it need not be a word: `size` becomes `sise`
in every text alike.
"""

import re

# Parts of words as they are written in Britain, and what they become; anywhere in a word.
_PARTS = """
haem hem; aemi emi; paed ped; anaesth anesth; gynaec gynec; caesar cesar; faec fec; aetiol etiol
aesthet esthet; archaeo archeo; palaeo paleo; mediaev mediev; naev nev; caec cec; laevo levo
aeroplane airplane; oestr estr; oedem edem; oesoph esoph; rrhoea rrhea; coelia celia; foet fet
homoeo homeo; pnoea pnea; manoeuv maneuv; amoeb ameb; licenc licens; defenc defens; offenc offens
pretenc pretens; alogue alog; ologue olog; sulph sulf; leucoc leukoc; grey gray; ageing aging
mould mold; plough plow; aluminium aluminum; sceptic skeptic; artefact artifact
judgement judgment; acknowledgement acknowledgment; specialit specialt; enquir inquir
pyjama pajama; moustach mustach; sarian sarean; neurone neuron; kilogramme kilogram
counsell counsel; travell travel; labell label; modell model; cancell cancel; levell level
fuell fuel; channell channel; tunnell tunnel; diall dial; marshall marshal; panell panel
pencill pencil; quarrell quarrel; spirall spiral; ravell ravel; funnell funnel; marvell marvel
medall medal; parcell parcel; pedall pedal; revell revel; swivell swivel; tranquill tranquil
jewell jewel; woollen woolen; enroll enrol; fulfill fulfil; skillful skilful; willful wilful
instalment installment; distill distil; appall appal; orientat orient; tumour tumor
behaviour behavior; colour color; labour labor; favour favor; neighbour neighbor; honour honor
odour odor; humour humor; rumour rumor; vigour vigor; harbour harbor; saviour savior
flavour flavor; endeavour endeavor; armour armor; valour valor; vapour vapor; rigour rigor
ardour ardor; candour candor; clamour clamor; fervour fervor; glamour glamor; parlour parlor
rancour rancor; splendour splendor; succour succor; demeanour demeanor; enamour enamor
triall trial; focuss focus; benefitt benefit; targett target; jewellery jewelry; yoghurt yogurt
learnt learned; dreamt dreamed; centring centering; manoeuvre maneuver
"""
_ONE = dict(pair.split() for line in _PARTS.strip().splitlines() for pair in line.split("; "))
_ANY = re.compile("|".join(sorted(_ONE, key=len, reverse=True)))
# Endings: organize, analyze, centre, practise, programme.
_ENDINGS = tuple(
    (re.compile(found), instead)
    for found, instead in (
        (
            r"(?<=[a-z]{2})(i|y)z(?=(?:e[drs]?|ers|ings?|able|abilit(?:y|ies)"
            r"|ation(?:s|al|ally)?)$)",
            r"\1s",
        ),
        (
            r"(cent|[ko]met|^met|ll?imet|lit|tit|goit|fib|theat|calib|lust|meag|sab|somb|spect)re"
            r"(?=s?$)",
            r"\1er",
        ),
        (r"(?<=cent)re(?=d$)", "ere"),
        (r"^practis(?=(?:e[drs]?|ers|ing)$)", "practic"),
        (r"(?<=gram)me(?=s?$)", ""),
        (r"^mum(?=s?$|my$)", "mom"),
    )
)


def one_spelling(word: str) -> str:
    """Give the form that both spellings of a word, folded and in lower case, have in common."""
    word = _ANY.sub(lambda found: _ONE[found.group()], word)
    for pattern, instead in _ENDINGS:
        word = pattern.sub(instead, word)
    return word
