import ast
import re

from tests.shape.sources import ROOT, Function, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MOST_PARAMETERS = 5


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters(function: Function) -> int:
    names = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len([name for name in names if name.arg not in ("self", "cls")])


def named_by_a_library(function: Function) -> bool:
    """The SMTP server of the sink calls these with all it knows."""
    return function.name.startswith("handle_")


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = {s.path: n for s in sources() if (n := s.text.count("\n")) > LONGEST_FILE}
    assert long == {}


def test_no_function_is_longer_than_fifty_lines() -> None:
    long = [
        f"{source.at(function)} {function.name} has {length(function)} lines"
        for source in sources()
        for function in source.functions()
        if length(function) > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_function_takes_more_than_five_parameters() -> None:
    many = [
        f"{source.at(function)} {function.name} takes {parameters(function)}"
        for source in sources()
        for function in source.functions()
        if parameters(function) > MOST_PARAMETERS
        and not named_by_a_library(function)
        # A test names what it needs: fixtures are no burden on a caller.
        and not source.path.startswith("tests/")
    ]
    assert many == []


def test_every_folder_of_code_is_a_package_with_a_caption() -> None:
    folders = {(ROOT / source.path).parent for source in sources()} - {ROOT}
    missing = [
        str(folder.relative_to(ROOT))
        for folder in folders
        if not (folder / "__init__.py").exists()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    ]
    assert missing == []


def test_no_caption_needs_two_lines() -> None:
    long = [
        source.path
        for source in sources()
        if source.path.endswith("__init__.py")
        and "\n\n" not in (caption := ast.get_docstring(source.tree) or "")
        and "\n" in caption
    ]
    assert long == []


def test_every_exception_to_a_rule_says_why() -> None:
    silent = re.compile(
        r"#\s*noqa(?!: [A-Z0-9, ]+ - [\x22`\w])|#\s*type: ignore(?!\[[a-z, -]+\]\s+(#|-) ?\w)"
    )
    found = [
        f"{source.path}:{number}"
        for source in sources()
        if not source.path.startswith("tests/shape/")
        for number, line in enumerate(source.text.splitlines(), start=1)
        if silent.search(line)
    ]
    assert found == []
