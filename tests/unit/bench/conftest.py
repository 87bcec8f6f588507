import sys
from pathlib import Path

# At the end: a benchmark's file must not hide a module of another name that tests import.
sys.path.append(str(Path(__file__).parents[3] / "bench"))
