"""The types of what is imported when it is asked for."""

from slowlens.checking import check as check
from slowlens.diagnose import Found as Found
from slowlens.errors import CheckpointError as CheckpointError
from slowlens.facts.runtimes import Runtime as Runtime
from slowlens.findings import Applicability as Applicability
from slowlens.findings import Confidence as Confidence
from slowlens.findings import Finding as Finding
from slowlens.findings import Fix as Fix
from slowlens.findings import Severity as Severity
from slowlens.gate import ExitCode as ExitCode
from slowlens.gate import exit_code as exit_code
from slowlens.run import Run as Run
from slowlens.standing import Silence as Silence

__version__: str
