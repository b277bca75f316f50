"""Every check of the project: `nox` runs the default ones, `nox -s NAME` one of them, `nox -l` lists all.

Requirements come from the groups in `pyproject.toml`. They are read here, because a pip before 25.1 cannot.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "typecheck", "tests", "docs", "package"]
nox.options.default_venv_backend = "virtualenv"  # the same everywhere, whether or not uv is there
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # a machine with one Python runs what it can, in CI too

PROFILE = os.environ.get("HYPOTHESIS_PROFILE")  # noqa: TID251 - the ban is for the library
PROJECT = nox.project.load_toml("pyproject.toml")
WHEEL = Path(".nox", "wheel")
NO_TESTS: Final = 5  # pytest's exit code where arguments choose none


@cache
def runs(version: str) -> bool:
    """Return whether a Python is there and runs; pyenv puts a shim in place of each that it has, chosen or not."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":  # nox takes its own, under whatever name
        return True
    found = shutil.which(f"python{version}")
    words = [str(found), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    if found is None:
        return False
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - all of it stands above
    return done.stdout.decode().strip() == version


# Those that are not there are skipped by name; a shim that does not run would be an error.
PYTHONS = [
    version
    for version in nox.project.python_versions(PROJECT)
    if runs(version) or shutil.which(f"python{version}") is None
]

# What has to be in the packages, beyond the modules: types for users, the licence, tests and docs for distributors.
IN_WHEEL = {"lmtrack/py.typed", "lmtrack/cli.py", "lmtrack/contrib/django.py"}
IN_SDIST = {
    "LICENSE",
    "README.md",
    "docs/conf.py",
    "docs/examples/access.log",
    "docs/examples/campaign/send.py",
    "docs/examples/newsletter.eml",
    "docs/examples/newsletter.html",
    "noxfile.py",
    "pyproject.toml",
    "src/lmtrack/py.typed",
    "tests/conftest.py",
}


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and which module imports which."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports", env={"PYTHONPATH": "src"})


@nox.session
def typecheck(session: nox.Session) -> None:
    """Check types strictly, and that every public name has complete ones."""
    install(session, *group("typecheck"))
    session.run("mypy", "--strict", "src", "tests", "docs/check_site.py", "docs/diagrams", "docs/examples/campaign")
    session.run("mypy", "--strict", "-p", "tracker", env={"MYPYPATH": "docs/examples"})
    session.run("pyright", "--verifytypes", "lmtrack", "--ignoreexternal")
    session.run("pyright", "tests/typing/host.py")  # strict, as its first line says


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests against the built wheel; on the newest Python with all data and coverage."""
    install(session, *group("tests"))
    # A file stays on one core: some set up a framework that can be set up once.
    pytest = ("-m", "pytest", "-n", "auto", "--maxprocesses", "8", "--dist", "loadfile", *session.posargs)
    if session.python != newest_python():  # measuring, the data of others and most examples take as long as the rest
        env = {"HYPOTHESIS_PROFILE": PROFILE or "few"}
        session.run("python", *pytest, "-m", "not shared", env=env)
        return
    # By `coverage run`, because a plug-in of pytest would start measuring after the package is imported. The data of
    # others is read without measuring, which takes two and a half times as long: a fresh clone has to reach all code.
    env = {"COVERAGE_FILE": str(Path(session.create_tmp(), "coverage"))}
    session.run("coverage", "erase", env=env)
    session.run("coverage", "run", *pytest, "-m", "not shared", env=env)
    session.run("coverage", "combine", "--quiet", env=env)
    session.run("python", *pytest, "-m", "shared", success_codes=[0, NO_TESTS])
    session.run("coverage", "report", env=env)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning, an unknown reference or a link that leads nowhere is an error."""
    install(session, *group("docs"))
    shutil.rmtree("docs/_build/html", ignore_errors=True)  # pages of files that are gone would stay
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-E", "-q", "docs", "docs/_build/html")
    session.run("python", "docs/check_site.py", "docs/_build/html")


@nox.session
def package(session: nox.Session) -> None:
    """Build both packages, look into them, and run the command from the wheel."""
    dist = Path(session.create_tmp(), "dist")
    shutil.rmtree(dist, ignore_errors=True)
    session.install(*group("package"))
    session.run("python", "-m", "build", "--outdir", str(dist))
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    session.run("twine", "check", "--strict", str(sdist), str(wheel))
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    check(session, wheel, IN_WHEEL - names, {name for name in names if not name.startswith("lmtrack")})
    with tarfile.open(sdist) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    check(session, sdist, IN_SDIST - names, {name for name in names if name.startswith((".nox", "docs/_build"))})
    session.install("--force-reinstall", str(wheel))
    session.run("pip", "check")
    session.run("lmtrack", "resolve", "--track-opens")


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Run the tests with many more examples (on demand)."""
    install(session, *group("tests"))
    session.run("python", "-m", "pytest", *session.posargs, env={"HYPOTHESIS_PROFILE": "deep"})


# Where no mutant may survive: the wings, each with the tests that have to notice.
MUTATED: Final = {
    "tokens": ("tests/tokens",),
    "deciding": ("tests/deciding", "tests/test_resolver.py"),
    "url": ("tests/url", "tests/test_urls.py", "tests/endpoint/test_path.py"),
    "linking": (
        "tests/linking",
        "tests/test_html_optout.py",
        "tests/test_links.py",
        "tests/test_links_base.py",
        "tests/test_links_policy.py",
        "tests/test_links_quick_look.py",
        "tests/test_links_values.py",
    ),
    "rewriting": (
        "tests/rewriting",
        "tests/test_already_tracked.py",
        "tests/test_html.py",
        "tests/test_html_any_document.py",
        "tests/test_html_optout.py",
        "tests/test_html_pixel.py",
        "tests/test_html_second_pass.py",
        "tests/test_html_tokens.py",
        "tests/test_html_untracking.py",
        "tests/test_html_values.py",
        "tests/test_max_line.py",
        "tests/test_text.py",
    ),
    "endpoint": ("tests/endpoint",),
}


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change the code bit by bit and see whether a test notices (on demand).

    `-- tokens` does one wing, `-- endpoint.gate` one module of a wing.
    What no test can notice is listed in `tests/equivalent-mutants.diff`.
    """
    # Not the project itself: the mutants have to be what is imported.
    session.install(*PROJECT["project"]["dependencies"], *group("mutation"))
    # The same examples each time, and few of them: what they would find by chance is no proof.
    env = {"HYPOTHESIS_PROFILE": "few", "CI": "1"}
    found = ""
    for part in session.posargs or MUTATED:
        wing = part.partition(".")[0]
        copy = Path(session.create_tmp(), part).resolve()
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(
            ".", copy, ignore=shutil.ignore_patterns(".git", ".nox", ".venv", "_build", "mutants", "*cache*")
        )
        files = [path.relative_to(copy) for path in sorted(copy.glob("src/**/*.py"))]
        others = [path.as_posix() for path in files if f"_{wing}" not in path.parts]
        project = copy / "pyproject.toml"
        text = project.read_text(encoding="utf-8").replace(
            "do_not_mutate = [", f"do_not_mutate = {others}\nnothing = [", 1
        )
        selection = f"[tool.mutmut]\npytest_add_cli_args_test_selection = {list(MUTATED[wing])}"
        project.write_text(text.replace("[tool.mutmut]", selection, 1), encoding="utf-8")
        with session.chdir(copy):
            session.run("mutmut", "run", f"lmtrack._{part}.*", env=env)
            found += session.run("python", "tests/surviving_mutants.py", part, silent=True) or ""
    if found:
        session.error(f"mutants that no test notices, or entries of the list that a test notices\n\n{found}")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure against other libraries in the same run (on demand)."""
    install(session, *group("bench"))
    for script in sorted(Path("tests/bench").glob("bench_*.py")):
        session.run("python", str(script))


@nox.session(default=False)
def templates(session: nox.Session) -> None:
    """Pass templates with slots through engines, inliners, MJML and Markdown (on demand)."""
    install(session, *group("templates"))
    env = {"LMTRACK_TEMPLATES": "1"}  # a tool that is missing is an error
    session.run("python", "-m", "pytest", "tests/senders/test_template_tools.py", *session.posargs, env=env)


@nox.session(default=False)
def spark(session: nox.Session) -> None:
    """Run the campaign example on Spark, on this machine (on demand; needs Java 17 or later)."""
    install(session, *group("spark"))
    session.run("mypy", "--strict", "docs/examples/campaign")
    session.run("python", "-m", "pytest", "tests/docs/test_example_campaign_spark.py", *session.posargs)


@nox.session(default=False)
def senders(session: nox.Session) -> None:
    """Send through two dozen libraries to servers on this machine, and check the services' names (on demand)."""
    install(session, *group("senders"))
    # Warnings are those of the libraries.
    pytest = ("python", "-m", "pytest", "-W", "ignore")
    env = {"LMTRACK_SENDERS": "1"}
    pages = ("tests/docs/test_docs.py", "-k", "send- or fastapi or flask")
    session.run(*pytest, "tests/senders", "tests/test_services.py", "tests/contrib", *session.posargs, env=env)
    session.run(*pytest, *pages, env=env)
    if shutil.which("npm") is not None:
        made = Path(session.create_tmp(), "html-to-text").resolve()
        npm = ("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(made), "html-to-text@10.0.1")
        session.run(*npm, external=True)
        converted = {"LMTRACK_HTML_TO_TEXT": str(made / "node_modules")}
        session.run(*pytest, "tests/rewriting/test_converted_text.py", env=converted)
    session.install("django~=5.2.0")  # the one with long support
    session.run(*pytest, "tests/senders/test_django_senders.py", "tests/contrib", *session.posargs, env=env)


@nox.session(default=False)
def hosting(session: nox.Session) -> None:
    """Run tracking hosts behind nginx, Apache, HAProxy and Varnish, whichever are here (on demand)."""
    install(session, *group("tests"))
    session.run("python", "-m", "pytest", "tests/hosting", *session.posargs, env={"LMTRACK_HOSTING": "1"})


@nox.session(default=False)
def growth(session: nox.Session) -> None:
    """Print how time grows with hostile input for every public function that reads some (on demand; takes hours)."""
    install(session, *group("tests"))
    session.run("python", "tests/bench/growth.py", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Look at mails and pages in Chromium, and draw the docs' screenshots (on demand; needs Debian's `chromium`)."""
    install(session, *group("tests"))
    session.run("python", "-m", "pytest", "tests/browser", *session.posargs, env={"LMTRACK_BROWSER": "1"})


# What Debian's unstable has beside the Pythons of stable systems, by the name to print; the last one without lxml.
NEWER: Final = {"CPython 3.14": "python3.14", "CPython 3.15": "python3.15", "PyPy": "pypy3"}
UNSTABLE: Final = Path(".nox", "unstable")
# Mounts that end with the process. The certificates are this machine's: its network may have its own.
INSIDE: Final = """
set -eu
root=$1; shift
mkdir -p "$root/repo" "$root/shared"
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount --bind . "$root/repo"
if [ -d ../shared ]; then mount --bind ../shared "$root/shared"; fi
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \\
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt PYTHONPYCACHEPREFIX=/tmp/pycache sh -c 'cd /repo; exec "$@"' sh "$@"
"""


@nox.session(default=False)
def newer(session: nox.Session) -> None:
    """Run the suite natively on the Pythons of Debian's unstable (on demand; needs Linux, root and `debootstrap`)."""
    lacking = [tool for tool in ("debootstrap", "unshare", "chroot") if shutil.which(tool) is None]
    if lacking or os.geteuid():
        session.skip(f"needs {', '.join([*lacking, *(['root'] if os.geteuid() else [])])}")
    if not (UNSTABLE / "usr/bin/pypy3").exists():  # four minutes
        packages = ",".join(["ca-certificates", *(f"{python}-venv" for python in NEWER.values())])
        session.run(
            "debootstrap", "--variant=minbase", f"--include={packages}", "unstable", str(UNSTABLE), external=True
        )
    wheel = built_wheel(session)
    found = {name: suite_inside(session, python, wheel, pure=python == "pypy3") for name, python in NEWER.items()}
    for name, (count, digest) in found.items():
        session.log(f"{name}: {count}; ../shared: {digest}")
    if not all(count.endswith(" 0 failed") for count, _ in found.values()):
        session.error("not all tests passed")
    if len({digest for _, digest in found.values()}) > 1:
        session.error("the outputs over ../shared differ")


def suite_inside(session: nox.Session, python: str, wheel: str, *, pure: bool) -> tuple[str, str]:
    """Run the suite in the other system, or its pure part; return its counts, and a digest of outputs."""

    def run(*words: str, **options: Any) -> str:  # noqa: ANN401 - those of session.run
        inside = ("unshare", "--mount", "--propagation", "private", "sh", "-c", INSIDE, "sh", str(UNSTABLE))
        return str(session.run(*inside, *words, external=True, **options))

    venv = f"/venvs/{python}"
    run(python, "-m", "venv", "--clear", venv)
    requirements = [*without_lxml(), *group("pure")] if pure else [*PROJECT["project"]["dependencies"], *group("tests")]
    pip = (f"{venv}/bin/python", "-m", "pip", "install", "--quiet")
    run(*pip, *requirements)
    run(*pip, "--no-deps", wheel)
    report = f"{venv}/report.xml"
    spread = () if pure else ("-n", "auto", "--maxprocesses", "8", "--dist", "loadfile")
    run(
        *("env", f"LMTRACK_PURE={'1' if pure else ''}"),
        *(f"{venv}/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *spread),
        *session.posargs,
        success_codes=[0, 1],
    )
    digest = run(f"{venv}/bin/python", "tests/corpus_digest.py", silent=True).strip()
    suite = ET.parse(UNSTABLE / report.lstrip("/")).getroot()[0].attrib  # noqa: S314 - pytest wrote it
    failed, skipped = int(suite["failures"]) + int(suite["errors"]), int(suite["skipped"])
    return f"{int(suite['tests']) - failed - skipped:,} passed, {skipped:,} skipped, {failed:,} failed", digest


# The tests about places where builds of Python differ; `nox -s pyodide -- tests` runs all that can run there.
WHERE_BUILDS_DIFFER: Final = (
    "tests/agents/test_addresses.py",
    "tests/agents/test_networks.py",
    "tests/mime/test_charsets.py",
    "tests/test_urls.py",
    "tests/tokens",
    "tests/url",
)
# Each for one version of CPython in WebAssembly, from npm.
PYODIDES: Final = ("314.0.7", "315.0.0-alpha.2")
# npm's own is three tries of five minutes for each file; here it is told and left out.
NPM_PATIENCE: Final = ("--fetch-retries=1", "--fetch-timeout=60000")


@nox.session(default=False)
def pyodide(session: nox.Session) -> None:
    """Run the command, a host and tests in WebAssembly (in CI; `-- tests` runs all; needs node and npm)."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        session.skip("needs node and npm")
    there = [package for version in PYODIDES if (package := fetched_pyodide(session, version)) is not None]
    if not there:
        session.skip("needs a network")
    site = Path(session.create_tmp(), "site")
    shutil.rmtree(site, ignore_errors=True)
    into = ("python", "-m", "pip", "install", "--quiet", "--target", str(site))
    session.run(*into, *without_lxml(), *group("pure"))
    session.run(*into, "--no-deps", built_wheel(session))
    wanted = session.run("python", "tests/corpus_digest.py", env={"PYTHONPATH": str(site)}, silent=True)
    words = ["-m", "not shared", *(session.posargs or WHERE_BUILDS_DIFFER)]
    with ThreadPoolExecutor() as pool:  # each is a process that keeps to one core
        runs = list(pool.map(partial(in_wasm, site, words), there))
    wrong = []
    for package, (code, said, digest) in zip(there, runs, strict=True):
        session.log(f"{package}\n{said}")
        if code:
            wrong.append(f"{package}: something failed")
        if digest != str(wanted).strip():
            wrong.append(f"{package}: the outputs over ../shared differ: {digest} there, {wanted} here")
    if wrong:
        session.error("\n".join(wrong))


def fetched_pyodide(session: nox.Session, version: str) -> Path | None:
    """Fetch a Pyodide unless an earlier run did; return its folder, or say that it could not be fetched."""
    folder = Path(session.create_tmp(), version)
    whole = folder / "node_modules" / ".package-lock.json"  # npm writes it last
    folder.mkdir(exist_ok=True)
    if not whole.exists():
        npm = ("npm", "install", "--silent", "--no-audit", "--no-fund", *NPM_PATIENCE, "--prefix", str(folder))
        session.run(*npm, f"pyodide@{version}", external=True, success_codes=range(256))
    if whole.exists():
        return folder / "node_modules" / "pyodide"
    session.warn(f"Pyodide {version} could not be fetched, so nothing was tried on it")
    return None


def in_wasm(site: Path, words: Sequence[str], package: Path) -> tuple[int, str, str]:
    """Run the checks on one Pyodide; return the exit code, what was printed at the end, and a digest of outputs."""

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        # The frames of WebAssembly are on Node's stack: those of hypothesis are too many for its default of 1 MB.
        command = ["node", "--stack-size=4000", "tests/pyodide/run.mjs", str(package), str(site), ".", *words]
        return subprocess.run(  # noqa: S603 - all of it stands above
            command,
            env={**os.environ, "HYPOTHESIS_PROFILE": PROFILE or "few"},  # noqa: TID251 - the ban is for the library
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    done = run("tests/pyodide/checks.py", *words)
    return done.returncode, done.stdout[-20_000:], run("tests/corpus_digest.py").stdout.strip()


def without_lxml() -> list[str]:
    """Return the dependencies but for the one that is compiled and that only the checks need."""
    return [requirement for requirement in PROJECT["project"]["dependencies"] if not requirement.startswith("lxml")]


def newest_python() -> str:
    """Return the newest version to test on that runs here, so that coverage is measured on one that does."""
    return next((version for version in reversed(PYTHONS) if runs(version)), PYTHONS[-1])


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def install(session: nox.Session, *requirements: str) -> None:
    """Install what the session needs, and the project as its users get it: from a wheel."""
    wheel = built_wheel(session)
    session.install(wheel, *requirements)
    # An environment that is used again has this version already, and pip would leave it.
    session.install("--no-deps", "--force-reinstall", wheel)


def built_wheel(session: nox.Session) -> str:
    """Build the project's wheel, once a run; return its path."""
    _forget_old_wheel()
    if not list(WHEEL.glob("*.whl")):
        session.run("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(WHEEL), ".")
    return str(next(WHEEL.glob("*.whl")))


@cache
def _forget_old_wheel() -> None:
    shutil.rmtree(WHEEL, ignore_errors=True)  # once a run: all its sessions share one wheel


def check(session: nox.Session, package: Path, missing: set[str], unwanted: set[str]) -> None:
    """Fail if a package lacks a file or has one too many."""
    if missing or unwanted:
        session.error(f"{package.name}: missing {sorted(missing)}, unwanted {sorted(unwanted)}")
