"""Every example runs: Python and `lmtrack` commands in README and docs, and the docstrings of the package."""

from __future__ import annotations

import doctest
import email
import email.policy
import importlib
import inspect
import pkgutil
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser

import lmtrack
from door_names import DOOR_OF
from lmtrack import testing
from lmtrack.cli import _VERBS, main

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "docs" / "examples"
PAGES = [TOP / "README.md", *sorted(path for path in (TOP / "docs").rglob("*.md") if "_build" not in path.parts)]
FLAGS = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
# Not executed, and why: `sh` sets up an environment, `text`, `json` and `html` are shown.
SHOWN = {"sh", "text", "json", "html", "{eval-rst}", "{toctree}", "{glossary}"}
EXECUTED = {"python", "console"}
# What examples may use beyond the package and the standard library; a page that does is skipped where that is missing.
FRAMEWORKS = re.compile(
    r"^(?:>>> |\.\.\. )? *(?:from|import) (aiosmtpd|aiosmtplib|anymail|django|dkim|emails|envelope"
    r"|fastapi|fastapi_mail|flask|flask_mail|jinja2|mailmerge|markupsafe|redmail|standardwebhooks|starlette|yagmail)\b",
    re.MULTILINE,
)


def modules() -> list[str]:
    return ["lmtrack", *(found.name for found in pkgutil.walk_packages(lmtrack.__path__, "lmtrack."))]


def public_callables() -> list[str]:
    return [name for name in lmtrack.__all__ if inspect.isfunction(getattr(lmtrack, name))]


def relative(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def run_console(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[Example], str | None]:
    """Run each `$ lmtrack ...` line of a block in this process and compare what follows with what it prints."""
    checker = doctest.OutputChecker()

    def run(example: Example) -> str | None:
        # A line that begins with "> " continues the command, as a shell prompts for it.
        for part in re.split(r"^\$ ", example.parsed, flags=re.MULTILINE)[1:]:
            command, _, expected = part.replace("\\\n> ", "").partition("\n")
            words = shlex.split(command)
            if words[0] == "export":
                name, _, value = words[1].partition("=")
                monkeypatch.setenv(name, value)
                continue
            if words[0] != "lmtrack":
                return f"only lmtrack and export can be run here: {command}"
            main(words[1:])
            out, err = capfd.readouterr()
            if not checker.check_output(expected, out + err, FLAGS):
                return f"$ {command}\nexpected:\n{expected}\ngot:\n{out + err}"
        return None

    return run


@pytest.fixture
def in_a_folder_with_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLES, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LMTRACK_KEY", raising=False)
    monkeypatch.setenv("COLUMNS", "120")


@pytest.mark.usefixtures("in_a_folder_with_the_examples")
@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_examples_of_a_page_do_what_it_says(page: Path, run_console: Callable[[Example], str | None]) -> None:
    for framework in sorted({*FRAMEWORKS.findall(page.read_text(encoding="utf-8"))}):
        pytest.importorskip(framework)
    python, console = PythonCodeBlockParser(doctest_optionflags=FLAGS), CodeBlockParser("console", run_console)
    for example in Sybil([python, console]).parse(page):
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_no_block_of_a_page_escapes_being_run(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    languages = {opening.split()[0] for opening in re.findall(r"^`{3,}(\S[^`\n]*)$", text, re.MULTILINE)}
    assert languages <= SHOWN | EXECUTED
    # Blocks whose fence names no language would be run by nobody: fences come in pairs of one that does and one bare.
    assert len(re.findall(r"^`{3,}\S", text, re.MULTILINE)) == len(re.findall(r"^`{3,}$", text, re.MULTILINE))


@pytest.mark.parametrize("name", modules())
def test_examples_of_docstrings_do_what_they_say(name: str) -> None:
    module = importlib.import_module(name)
    if name == "lmtrack.contrib.django" and not module.settings.configured:  # doctest looks at every name of a module
        module.settings.configure()
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", public_callables())
def test_every_public_function_has_an_example(name: str) -> None:
    assert ">>> " in (inspect.getdoc(getattr(lmtrack, name)) or "")


@pytest.mark.usefixtures("in_a_folder_with_the_examples")
@pytest.mark.parametrize("verb", _VERBS)
def test_example_in_the_help_of_a_verb_works(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    for copy in ("mail.eml", "sent.eml", "for-ann.eml", "for-bob.eml", "build/page.html"):
        Path(copy).parent.mkdir(exist_ok=True)
        shutil.copy("newsletter.html" if copy.endswith("html") else "newsletter.eml", copy)
    # What other examples write: those come first for whoever tries them in their order.
    before = {"track": ["keys"], "untrack": ["keys", "track"]}.get(verb, [])
    for name in (*before, verb):
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        _, found, example = capfd.readouterr().out.rpartition("\nexample:\n  lmtrack ")
        assert found
        words = shlex.split(example)
        assert words[0] == name
        expanded = [path for word in words for path in (sorted(map(str, Path().glob(word))) if "*" in word else [word])]
        assert main(expanded) == 0, capfd.readouterr()
        out, err = capfd.readouterr()
        assert out or err


def test_reference_has_every_public_name_once() -> None:
    reference = "".join(path.read_text(encoding="utf-8") for path in sorted((TOP / "docs" / "reference").glob("*.md")))
    described = re.findall(r"^\.\. auto\w+:: (?:lmtrack\.\w+\.)?(\w+)", reference, re.MULTILINE)
    assert [name for name in [*lmtrack.__all__, *DOOR_OF, *testing.__all__] if described.count(name) != 1] == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.parent.name in {"howto", "reference", "explanation"}], ids=relative
)
def test_every_page_is_in_the_table_of_contents(page: Path) -> None:
    entry = page.relative_to(TOP / "docs").with_suffix("").as_posix()
    assert re.search(
        rf"^(?:{entry}|\S.* <{entry}>)$", (TOP / "docs" / "index.md").read_text(encoding="utf-8"), re.MULTILINE
    )


@pytest.mark.parametrize("page", PAGES, ids=relative)
def test_every_link_to_a_page_leads_to_one(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    targets = {target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", prose)}
    files = {target for target in targets if target and not re.match(r"[a-z]+:", target)}
    assert {target for target in files if not (page.parent / target).exists()} == set()


def test_first_command_of_the_readme_tracks_a_mail(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (line,) = blocks(TOP / "README.md", "sh")[0].splitlines()
    shutil.copytree(EXAMPLES, tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LMTRACK_KEY", raising=False)
    setup, _, command = line.partition(".venv/bin/lmtrack ")
    assert setup.startswith("python3 -m venv .venv && ")
    assert main(shlex.split(command)) == 0
    out, err = capfd.readouterr()
    assert not out
    assert err.startswith("part   type           action     reason\n")
    assert err.count("  tracked\n") == 6  # the HTML part, and four links, of which one is drawn twice
    assert "skipped: unsubscribe" in err
    assert "opens   off         override_false" in err
    tracked = email.message_from_bytes((tmp_path / "tracked.eml").read_bytes(), policy=email.policy.default)
    body = tracked.get_body(("html",))
    assert body is not None
    html = body.get_content()
    assert html.count("https://track.example/c/") == 5
    assert "https://track.example/o/" not in html
    assert "X-LM-Override-Track-Opens" not in tracked


def test_second_command_of_the_readme_runs_these_tests() -> None:
    (line,) = blocks(TOP / "README.md", "sh")[1].splitlines()
    assert line.endswith("nox -s tests")


def test_quick_example_of_the_readme_is_short_and_asks_for_consent() -> None:
    code = blocks(TOP / "README.md", "python")[0]
    assert len(code.splitlines()) <= 10
    assert "require_consent=True" in code
