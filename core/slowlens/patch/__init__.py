"""Write edits into a checkpoint so that all happen or none do, and take them back byte for byte."""

from slowlens.patch.diff import unified_diff as unified_diff
from slowlens.patch.preparing import Patch as Patch
from slowlens.patch.preparing import prepare as prepare
from slowlens.patch.recovery import Settled as Settled
from slowlens.patch.recovery import recover as recover
from slowlens.patch.writing import apply as apply
from slowlens.patch.writing import undo as undo
