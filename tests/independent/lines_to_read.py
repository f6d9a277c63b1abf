"""How many lines of Rust a distrusting party reads: the files that the compiler read to build `ceasefire-verify`.

Usage: lines_to_read.py DEP-INFO README

DEP-INFO is the `.d` file that the compiler leaves beside the program. Blank lines, comments and tests are not counted. The
README must name the number, rounded to hundreds; else the exit code is 1.
"""
import pathlib, re, sys

dep_info, readme = sys.argv[1:]
names = sorted({name for name in pathlib.Path(dep_info).read_text().split() if name.endswith(".rs")})
lines = 0
for name in names:
    code = re.split(r"(?m)^#\[cfg\(test\)\]", pathlib.Path(name).read_text())[0].splitlines()
    lines += sum(1 for line in code if line.strip() and not line.strip().startswith("//"))
rounded = f"{round(lines, -2):,} lines"
print(f"{lines} lines in {len(names)} files")
if rounded not in pathlib.Path(readme).read_text():
    sys.exit(f"the README does not say {rounded}")
