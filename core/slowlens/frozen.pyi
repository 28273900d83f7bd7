"""What a type checker sees: the decorator of the standard library, of which this is a part."""

from dataclasses import dataclass as dataclass
from dataclasses import field as field
from dataclasses import replace as replace
