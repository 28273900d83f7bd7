"""What paths, secrets and names of machines look like in the middle of a text."""

import re
from ipaddress import ip_address

_END = r"\s/\\'\"`<>|,;:()\[\]{}"
"""What ends the name of a folder in a text."""
_QUOTED_BREAK = r"(?<=\\[nrt])"
"""A line break as a program quotes it: its letter is of no name."""
PATH_BEGINS = rf"(?:(?<![A-Za-z0-9_.~-])|{_QUOTED_BREAK})"
"""Where a known path is no part of another one; Chinese goes without blanks between words."""
POSIX_PATH = re.compile(
    rf"(?:(?<![\w/.<~*])|(?<=file://)|{_QUOTED_BREAK})"
    rf"(?:(?:~[\w.-]*|\.{{1,2}}(?:/\.\.)*)(?:/[^{_END}]+)+|(?:/[^{_END}]+){{2,}})"
    rf"(?: [^{_END}]+(?:/[^{_END}]+)+)?/?"
)
"""Of a single name below the root there is nothing to take out."""
WINDOWS_PATH = re.compile(
    rf"(?:(?<![A-Za-z0-9])[A-Za-z]:[\\/]|\\\\(?=\w))(?:[^{_END}]+[\\/]+)*[^{_END}]*"
)
NAME_GOES_ON = rf"(?:[^{_END}]+(?:[\\/]+[^{_END}]+)*)?"
"""Behind a path: what makes it another one, which only begins alike."""
PATH_GOES_ON = rf"[^{_END}]*(?:[\\/]+[^{_END}]+)*"
"""Behind that of a folder: what lies in it, too."""
QUOTED_PATH = re.compile(
    r"(?P<quote>['\"`])(?P<path>(?:~|\.{1,2}|[A-Za-z]:)?[\\/][^'\"`\n]*)(?P=quote)"
)
"""One that may hold spaces."""

SECRETS = (
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    re.compile(
        r"(?<![A-Za-z0-9])(?:"
        r"(?:hf|api_org)_[A-Za-z0-9]{16,}"
        r"|sk-[\w-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
        r"|xox[a-z]-[\w-]{10,}|A(?:KI|SI)A[A-Z0-9]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}"
        r"|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{20,}|nvapi-[\w-]{20,}|r8_[A-Za-z0-9]{20,}"
        r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
    ),
    re.compile(r"(?<=Bearer )\S+|(?<=bearer )\S+|(?<=Authorization: Basic )\S+", re.IGNORECASE),
    re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)"),
    re.compile(
        r"(?:(?<=[?&]sig=)|(?<=[?&]key=)|(?<=[?&]token=)|(?<=[?&]Signature=)"
        r"|(?<=[?&]X-Amz-Signature=)|(?<=[?&]access_token=))[^\s&#]+"
    ),
)
_NAMED = (
    r"(?:api[_-]?key|apikey|secret(?:[_-]?key)?|passw(?:or)?d|passphrase|credentials?"
    r"|(?:access|account|auth|bearer|hf|hub|hugging[_-]?face(?:[_-]?hub)?|private|refresh|session|wandb)"
    r"[_-]?(?:token|key))"
)

SECRET_KEY = re.compile(rf"(?:^|[\W_]){_NAMED}$", re.IGNORECASE)
"""Names of keys whose values are secrets."""
ASSIGNED = re.compile(
    rf"(?P<name>(?<![A-Za-z0-9]){_NAMED}[\"']?\s*[:=]\s*)(?P<value>\"[^\"]*\"|'[^']*'|[^\s,;]+)",
    re.IGNORECASE,
)

HOME = re.compile(
    rf"(?:/(?:home|Users)/|[A-Za-z]:[\\/]+Users[\\/]+"
    rf"|(?<![\w/.])~(?=[A-Za-z_][\w.-]*[\\/]))([^{_END}]+)"
)
"""A tilde before anything else means "about"."""
MAIL = re.compile(r"(?<![\w.+/-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*(?![\w@])")
"""Not the id of a model with its commit, ``org/name@commit``."""
URL_HOST = re.compile(
    r"(?<=://)(?<!file://)(?:[^\s/@]*@)?(?P<host>\[[0-9a-fA-F:.]+\]|[^\s/:?#'\"`<>()@]+)(?::\d+)?"
)
NAMED_HOST = re.compile(r"(?:\bhost(?:name)?=|\bresolve )['\"](?P<host>[\w.-]+)['\"]")
"""As the libraries that load from the hub name it where they cannot reach it."""
INNER_HOST = re.compile(
    r"(?<![\w.-])(?:[\w-]+\.)+(?:local|localdomain|internal|intranet|intra|lan|corp|private|home\.arpa"
    r"|cluster\.local)(?![\w-])",
    re.IGNORECASE,
)
_TOP = (
    r"(?:com|org|net|edu|gov|ai|dev|cloud|tech|eu|de|fr|uk|nl|ch|it|es|se|pl|cn|jp|kr|tw|hk|sg"
    r"|ca|us|br|au|local|localdomain|internal|intranet|intra|lan|corp|private|arpa)"
)
"""What ends the name of a machine, and of no kind of file."""
_INNER_TOP = r"(?:cluster|farm|home|hpc|labs?|office|rack|svc)"
"""What ends it where nobody has registered the domain."""
_COUNTED = (
    r"(?:batch|block|case|chunk|column|cpu|cuda|device|epoch|example|expert|group|head|index|item"
    r"|iteration|layer|length|line|offset|page|part|phase|port|position|question|round|row|run"
    r"|sample|seed|shard|size|slot|stage|step|test|token|top|trial|version)s?"
)
"""What is numbered and no machine: ``layer-12``."""
_SERVING = r"(?:gpu|model|rank|task|worker)s?"
"""What is numbered, too, but listens where a number as long as a port follows."""
_TOLD = r"(?: (?:to|from|on|at|by|with))?(?: the)?(?: (?:host|server|address|endpoint|peer|node))?"
_REACHED = (
    rf"(?:(?:connect(?:ed|ing|ions?)?|reach(?:ed|ing)?|listen(?:ing)?|bind|resolve|refused"
    rf"|contact(?:ed|ing)?){_TOLD}|host|server|endpoint|peer|node|address)"
)
_LOST = rf"(?:lost|bound){_TOLD}"
"""Said of much else than machines."""
_PORT_ENDS = r"(?![A-Za-z0-9_:]|\.[A-Za-z0-9])"
_PORT = rf"(?=\]?:\d{{2,5}}{_PORT_ENDS})"
_HIGH_PORT = rf"(?=\]?:(?!(?:1024|2048|4096|8192|16384|32768)\b)\d{{4,5}}{_PORT_ENDS})"
"""Lengths of contexts are none."""
_PORT_NO_LINE = rf"(?=\]?:(?:22|80|443|\d{{4,5}}){_PORT_ENDS})"
"""Behind ``io``, which ends names of modules, too."""
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ALONE = r"(?:(?<![A-Za-z0-9_.:/@\\-])|(?<=dns:)|(?<=tcp:))"
_TOP_AND_PORT = rf"(?:{_TOP}{_PORT}|io{_PORT_NO_LINE}|{_INNER_TOP}{_HIGH_PORT})"
_NUMBERED = r"(?P<host>[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*-[A-Za-z]*\d+)"
_SAID = (
    rf"(?!{_COUNTED}:|{_SERVING}:\d{{2,3}}(?!\d))"
    r"(?P<host>[A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?<!\.py)(?<!\.log)(?<!\.json)"
)
HOST_AND_PORT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_ALONE}(?P<host>(?:{_LABEL}\.)+{_TOP_AND_PORT})",
        rf"{_ALONE}(?!{_COUNTED}-\d+:){_NUMBERED}{_HIGH_PORT}",
        rf"\b{_REACHED} \[?{_SAID}{_PORT}",
        rf"\b{_LOST} \[?{_SAID}{_HIGH_PORT}",
    )
)
"""A machine before its port where there is no scheme: it ends as a domain does, is numbered behind
a hyphen, or is said to be reached. Times, tags, lines of files, devices and figures are none."""
DOMAIN = r"(?:(?:\.[A-Za-z0-9-]+){2,})?"
"""Behind the name of a machine; with a single dot it may be the name of a file."""
ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\w)"
    r"|(?<![\w.:])[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,7}(?![\w:])"
)
PUBLIC = re.compile(
    r"(?:.+\.)?(?:huggingface\.co|hf\.co|github\.com|githubusercontent\.com|pytorch\.org"
    r"|python\.org|pypi\.org|readthedocs\.io|vllm\.ai|nvidia\.com|arxiv\.org|openreview\.net"
    r"|localhost|127\.0\.0\.1|\[::1\])",
    re.IGNORECASE,
)
"""Machines that are nobody's secret."""


def last_name(path: str) -> str:
    """Return the last name in a path of any system."""
    return re.split(r"[\\/]", path.rstrip("\\/"))[-1].lstrip("~") or path.strip("\\/~.")


def is_address(text: str) -> bool:
    """Whether it is the address of a machine, and not one that every machine has."""
    try:
        found = ip_address(text)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified)
