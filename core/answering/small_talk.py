"""Tells small talk from questions by rules: a message is small talk only when each of its words belongs to a phrase.

A word that no phrase accounts for makes the message a question, because an answer that was wanted and not given costs
more than a greeting that is looked up in the documents. So no phrase may hold a word that could carry a question, no
abbreviation stands alone that could be somebody's search word, and thanks with a question mark are no thanks.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from core.models import SmallTalk

# Longer messages have something to say.
_LONGEST = 200

_YOU = "(?:you|u|ya|yu|yuo)"
_ARE = "(?:are|r|ar)"
_WHAT = "(?:what|wat|waht|whta|wht)"
_WHATS = f"(?:{_WHAT}s|{_WHAT} is|{_WHAT} are)"
_HELP = "(?:help|hlep|assist)(?: me| us)?(?: out)?"
_PERSON = "(?:human|person|bot|robot|chatbot|machine|computer|program|ai|llm|assistant)"

_IDENTITY = [
    f"(?:who|hwo) {_ARE} {_YOU}",
    "who am i (?:talking|speaking|chatting|writing) (?:to|with)",
    f"who (?:made|built|created|developed|programmed|trained) {_YOU}",
    f"{_WHATS} (?:your|ur) name",
    f"do {_YOU} have a name",
    f"{_WHAT} (?:should|can|may) i call {_YOU}",
    f"{_WHAT} (?:kind of |sort of )?{_PERSON} {_ARE} {_YOU}",
    f"{_WHAT} {_ARE} {_YOU}",
    f"{_WHAT} (?:ai |language )?model (?:{_ARE} {_YOU}|do {_YOU} use)",
    f"{_ARE} {_YOU} (?:an? )?(?:real |actual |living )?{_PERSON}(?: or (?:an? )?(?:real )?{_PERSON})?",
    f"{_ARE} {_YOU} (?:real|docent|chatgpt|gpt)",
    "introduce yourself",
    "tell (?:me|us) (?:something |a bit |more )?about yourself",
    f"tell (?:me|us) who {_YOU} {_ARE}",
    "wer bist du",
    "qui es tu",
    "quien eres",
    "chi sei",
]

_ABILITY = [
    f"{_WHAT} can {_YOU} do(?: for (?:me|us))?(?: here)?",
    f"{_WHAT} can {_YOU} {_HELP}(?: with)?",
    f"{_WHAT} can {_YOU} (?:tell|answer)(?: me| us)?",
    f"{_WHAT} do {_YOU} (?:do|know)",
    f"{_WHAT} {_ARE} {_YOU} (?:able to do|capable of|good at|good for|for|here for)",
    f"{_WHATS} (?:your|ur) (?:capabilities|abilities|skills|features|functions?|commands|purpose|job|role)",
    f"{_WHAT} (?:can|could|should|may) (?:i|we) ask {_YOU}(?: about)?",
    f"{_WHAT} (?:(?:kinds?|sorts?|types?) of )?(?:questions|things|topics) "
    f"(?:(?:can|could|may|should) (?:i|we) ask {_YOU}(?: about)?|can {_YOU} (?:answer|{_HELP} with))",
    f"(?:show|tell) (?:me|us) {_WHAT} {_YOU} can do",
    f"how (?:can|could|do) {_YOU} {_HELP}",
    f"how (?:do|can|should) (?:i|we) (?:use|talk to) (?:{_YOU}|this bot)",
    f"how (?:do {_YOU}|does this bot) work",
    f"(?:can|could|will|would) {_YOU} (?:please )?{_HELP}",
    "help(?: me)?",
    "please help(?: me)?",
    "(?:i )?need (?:some |your )?help",
    "(?:i have |i got |ive got )(?:a|another|one more) (?:quick )?question",
    f"(?:can|could|may) i ask(?: {_YOU})? (?:a question|something|a quick question)",
    "quick question",
    "was kannst du",
    "que (?:peux|sais) tu faire",
    "que puedes hacer",
    "hilfe",
    "ayuda",
]

_GREETING = [
    "hi|hey|hello|helo|hllo|hlelo|hullo|hallo|hiya|heya|howdy|yo|ahoy|greetings|gday",
    "(?:good|god|gud|goo) ?(?:morning|mornin|moring|afternoon|evening|day)",
    r"(?:morning|mornin)(?! \?)",
    f"how {_ARE} {_YOU}(?: doing)?(?: today)?",
    f"how do {_YOU} do",
    f"how have {_YOU} been",
    "how(?:s| is) (?:it going|everything|life)",
    "how are things",
    "whats up|wassup",
    f"(?:i )?hope (?:{_YOU} {_ARE}|youre) (?:doing )?(?:well|good|great|fine)",
    "(?:im|i am) (?:doing )?(?:fine|good|great|well)",
    f"(?:and|how about|what about) {_YOU}",
    f"(?:nice|pleased|good|great) to (?:meet|see) {_YOU}",
    "(?:is )?any(?:one|body) (?:there|here|home)",
    f"(?:{_ARE} )?{_YOU} (?:there|here|awake|alive|online|around)",
    "guten (?:morgen|tag|abend)|moin(?: moin)?|servus|gruezi|gruß gott|gruß dich",
    "hola|buenos dias|buenas tardes|buen dia|que tal",
    "bonjour|bonsoir|salut|coucou|ca va",
    "buongiorno|buon giorno|buonasera|buona sera",
    "ola|bom dia|boa (?:tarde|noite)|tudo bem",
    "hej|hei|hejsan|god (?:morgon|morgen|dag|kvall|aften)|goede(?:n ?dag|morgen|middag|navond)|hoi",
    "czesc|dzien dobry|ahoj|dobry den|merhaba|selam|namaste|salaam?|konnichiwa",
    "привет|здравствуйте|добрый (?:день|вечер)|доброе утро|你好|您好|こんにちは|안녕하세요",
]

_FAREWELL = [
    "bye(?: ?bye)?|good ?bye|cya|ttyl|farewell|so long",
    f"(?:see|c) {_YOU}(?: (?:later|soon|around|tomorrow|again|then|next (?:week|time)))?",
    f"(?:talk|speak) to {_YOU} (?:later|soon|tomorrow)",
    f"catch {_YOU} later",
    "until (?:next time|tomorrow)",
    "take care",
    "good ?night|night ?night|nighty night",
    "(?:have|enjoy) (?:a|your|the)(?: very)?(?: (?:nice|good|great|lovely|wonderful|fantastic))?"
    "(?: rest of (?:the|your))? (?:day|afternoon|evening|night|weekend|week|one)",
    "(?:i )?(?:gotta|got to|have to|need to) (?:go|run)(?: now)?",
    "that(?:s| is| was) (?:all|it)(?: for (?:now|today))?",
    "never ?mind|nvm",
    "tschuss|tschau|ciao|auf wiedersehen|bis (?:bald|dann|morgen|spater|nachste woche)",
    "schonen (?:tag|abend|feierabend)(?: noch)?|schones wochenende|gute nacht",
    "adios|hasta (?:luego|pronto|manana|la vista)|buenas noches",
    "au revoir|a bientot|a demain|bonne (?:journee|soiree|nuit)",
    "arrivederci|tchau|ate logo|tot ziens|doei|hej ?da|vi ses|do widzenia",
    "пока|до свидания|再见|さようなら",
]

_MUCH = (
    "(?: (?:(?:so|very|too|that) )*much| (?:a )?(?:lots?|bunch|ton|tons|million|loads|heaps)| alot| again| once more"
    "| in advance| indeed| anyway| kindly)*"
)
_ADJECTIVE = "(?:quick|fast|prompt|great|good|nice|kind|helpful|useful|detailed|clear|amazing|super|excellent)"
_GIVEN = (
    "(?:help|answers?|reply|response|info|information|explanation|clarification|links?|support|time|assistance"
    "|update|heads ?up|pointers?|tips?|hints?|reminder|effort)"
)
_FOR = (
    f"(?: for (?:(?:all )?(?:the|your|this|that|these) (?:{_ADJECTIVE} )*{_GIVEN}"
    "|(?:helping|telling|reminding|answering|replying|explaining|clarifying|checking|asking)(?: me| us| that| this)?"
    "(?: out)?|letting (?:me|us) know|this|that|it|everything))?"
)
_THANKS = [
    f"(?:(?:many|big|huge) )?(?:(?:thank|thnak|tahnk) ?{_YOU}|thanks|thank|thanxs?|thxs?|thnx|tnx|thnks|thks|thansk"
    f"|thnaks|tahnks|ty|tysm|tyvm|cheers){_MUCH}{_FOR}{_MUCH}",
    f"(?:(?:i|we) )?(?:really )?appreciate (?:it|that|this|(?:the|your) {_GIVEN}){_MUCH}",
    "much appreciated|kudos",
    "danke(?: ?schon| sehr| dir| euch| ihnen| vielmals)?|(?:vielen(?: lieben)?|besten|herzlichen|lieben) dank",
    "(?:muchas |mil |muchisimas )?gracias(?: por (?:todo|la ayuda|tu ayuda))?",
    "merci(?: beaucoup| bien| vielmals?| a toi| a vous)?|mille mercis",
    "grazie(?: mille| tante)?|(?:muito )?obrigad(?:o|a)|valeu",
    "(?:dank (?:je|u)|dankje|danku)(?: ?wel)?|(?:hartelijk )?bedankt",
    "tack sa mycket|tusen (?:tack|takk)|mange tak|takk|kiitos(?: paljon)?",
    "dzieki|dziekuje(?: bardzo)?|dekuji|diky|tesekkurler|tesekkur ederim|arigatou?|shukran|xie ?xie",
    "(?:большое )?спасибо(?: большое)?|благодарю|дякую",
    "谢谢你?|謝謝|多谢|ありがとう(?:ございます)?|감사합니다|고마워요?",
]

_PRAISED = (
    "(?:helpful|useful|great|good|perfect|awesome|nice|cool|amazing|excellent|brilliant|wonderful|fantastic|lovely"
    "|super|clear|kind|smart|fast)"
)
_VERY = "(?:really|very|so|super|quite|pretty|extremely)"
# What takes notice of an answer; with a question mark it asks something.
_NOTED = [
    "ok|okay|okey|oki|okie ?dokie|alright|all right|kk",
    "great|good|cool|nice|perfect|awesome|amazing|excellent|brilliant|wonderful|fantastic|lovely|superb|sweet|yay|wow",
    f"(?:(?:that|this|it) (?:is|was)|thats|its) (?:{_VERY} )*{_PRAISED}",
    f"(?:{_VERY} )+{_PRAISED}",
    "that(?:s| is| was) (?:exactly |just )?what i (?:needed|wanted|was looking for)",
    "(?:that|this|it) (?:really )?(?:helped|helps|worked|works|makes sense|did the trick)(?: a lot| me| very much)*",
    "(?:that|this) (?:answers|answered) (?:it|my question)",
    "makes sense|got it|gotcha|i see|i got it|understood|noted|good to know|will do|sounds (?:good|great)"
    "|all (?:good|clear)|roger(?: that)?|fair enough",
    f"(?:{_YOU} {_ARE}|youre|ur) (?:the best|(?:{_VERY} )*{_PRAISED}|a (?:star|legend|hero|life ?saver))",
    "you rock|well done|nicely done|good bot|(?:good|great|nice|excellent) (?:job|work|answer|one|stuff)",
    "(?:i )?love (?:it|this|that)",
    "(?:youre|you are|your) welcome|np|no (?:problem|worries|prob)|my pleasure|anytime|dont mention it",
    r"(?:ha)(?:ha)+|(?:he)(?:he)+|lol|\+1",
]

_NAMES = "docent|docentbot|bot|robot|chatbot|assistant|buddy|mate|man|dude|pal|friend|my friend|sir|dear"
_CROWD = "there|again|all|y ?all|everyone|everybody|team|folks|guys|friends|people|colleagues|both|you(?: all| two)?"
# What may stand around a phrase without saying anything; alone it is no small talk.
_FILLERS = (
    "ah|aha|oh|ooh|hm|um|uh|yes|yeah|yep|yup|no|nope|nah|please|sorry|by the way|btw|right"
    "|(?:(?:ill|i will) (?:(?:do|try|read) (?:that|it|this)|have a look|take a look|check it out))"
)

# Emoji that say something, as characters and by their names in chats; 👎 says something that has no phrase.
_SPEAKING = {
    **dict.fromkeys(["👋", "wave", "waving_hand"], "hi"),
    **dict.fromkeys(["🙏", "❤", "💙", "💚", "🫶", "pray", "heart", "bow", "folded_hands"], "thanks"),
    **dict.fromkeys(["👍", "👌", "✅", "🎉", "👏", "🙌", "💯"], "ok"),
    **dict.fromkeys(["+1", "thumbsup", "ok_hand", "white_check_mark", "tada", "clap", "raised_hands", "100"], "ok"),
    **dict.fromkeys(["👎", "-1", "thumbsdown"], "👎"),
}
# Display names may have several words, but behind "@Docent" a question may begin.
_MENTION = re.compile(r"(?<!\w)@(?:(?i:docent)\b|[\w.-]+(?: [A-Z][\w.-]*(?!.*\?)){0,2})", re.DOTALL)
_SHORTCODE = re.compile(r"(?<!\w):([a-z0-9_+-]+):(?!\w)")
_EMOTICON = re.compile(r"(?<!\w)(?:[:;=]-?[)(\]\[dpo3*/|]+|<3+|\^_?\^|\\?o/|xd+)(?!\w)")
_UNHEARD = '.,!;:…-–—~*_()"“”„«»¡¿。、'
_DRAWN = ("So", "Sk", "Cf", "Mn", "Me")  # emoji, their colours, joiners and variants

# What a phrase is, in the order of what wants the most of an answer.
_KINDS: dict[str, SmallTalk] = {
    "ability": "ability",
    "identity": "identity",
    "thanks": "thanks",
    "farewell": "farewell",
    "greeting": "greeting",
    "noted": "thanks",
}


def small_talk(text: str) -> SmallTalk | None:
    """Give what kind of small talk a message is; None for a question, and for anything else that says something.

    Of several kinds the one counts that wants the most of an answer: "hi! who are you?" asks who we are.
    """
    if len(text) > _LONGEST:
        return None
    words = _words(text)
    found: set[str] = set()
    position = 0
    while position < len(words):
        match = _phrase().match(words, position)
        if match is None:
            return None
        if match.lastgroup is not None:
            found.add(match.lastgroup)
        position = match.end()
    return next((kind for name, kind in _KINDS.items() if name in found), None)


def _words(text: str) -> str:
    """Give the words of a message between single spaces, with "?" as a word of its own.

    Mentions and emoji are taken out, but for emoji that speak. Signs of which we know nothing stay and fit no phrase.
    """
    spoken = re.sub("['’ʼ`´]", "", _MENTION.sub(" ", text).casefold())
    spoken = _SHORTCODE.sub(lambda code: f" {_SPEAKING.get(code[1], '')} ", spoken)
    spoken = _EMOTICON.sub(" ", spoken)
    spoken = "".join(f" {_SPEAKING[sign]} " if sign in _SPEAKING else _sign(sign) for sign in _folded(spoken))
    return " ".join(spoken.split())


def _sign(sign: str) -> str:
    if sign == "?":
        return " ? "
    if sign in _UNHEARD or unicodedata.category(sign) in _DRAWN:
        return " "
    return sign


def _folded(text: str) -> str:
    """Give a text in small letters without accents, in one form of each character."""
    bare = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", bare)


def _any_of(*phrases: str) -> str:
    """Give a pattern for any of the phrases, each letter as often as people like: "hellooo"."""
    return "(?:" + re.sub(r"([^\W\d_])", r"(?:\1+)", _folded("|".join(phrases))) + ")"


@cache
def _phrase() -> re.Pattern[str]:
    """Make the pattern of one phrase, named by its kind, or of words that say nothing.

    At the first message: it takes a tenth of a second, which commands that answer nothing needn't wait for.
    """
    name, anyone = f"(?: {_any_of(_NAMES)})*", f"(?: {_any_of(_NAMES, _CROWD)})*"
    asking = r"(?: \?)*"
    kinds = [
        f"(?P<ability>{_any_of(*_ABILITY)})(?: please)?{name}{asking}",
        f"(?P<identity>{_any_of(*_IDENTITY)}){name}{asking}",
        f"(?P<greeting>{_any_of(*_GREETING)}){anyone}{asking}",
        f"(?P<farewell>{_any_of(*_FAREWELL)}){anyone}",
        f"(?P<thanks>{_any_of(*_THANKS)}){anyone}",
        f"(?P<noted>{_any_of(*_NOTED)}){anyone}",
        _any_of(_FILLERS, _NAMES),
    ]
    # "and" only joins: at the beginning it goes on with what was said before.
    return re.compile(f"(?:(?<= )and )?(?:{'|'.join(kinds)})(?: |$)")
