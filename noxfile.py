"""Every check of the project: `nox` runs the default ones, `nox -s NAME` one of them, `nox -l` lists all.

Requirements come from the groups in `pyproject.toml`. They are read here, because a pip before 25.1 cannot.
"""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from functools import cache
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "typecheck", "tests", "docs", "package"]
nox.options.default_venv_backend = "virtualenv"  # the same everywhere, whether or not uv is there
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False  # a machine with one Python runs what it can, in CI too

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
WHEEL = Path(".nox", "wheel")

# What has to be in the packages, beyond the modules: types for users, the licence, tests and docs for distributors.
IN_WHEEL = {"lmtrack/py.typed", "lmtrack/cli.py"}
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
    session.run("mypy", "--strict", "src", "tests", "docs/diagrams", "docs/examples/campaign")
    session.run("mypy", "--strict", "-p", "tracker", env={"MYPYPATH": "docs/examples"})
    session.run("pyright", "--verifytypes", "lmtrack", "--ignoreexternal")
    session.run("pyright", "tests/typing/host.py")  # strict, as its first line says


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests against the built wheel; on the newest Python with all data, and every branch has to be covered."""
    install(session, *group("tests"))
    # A file stays on one core: some set up a framework that can be set up once.
    pytest = ("-m", "pytest", "-n", "auto", "--maxprocesses", "8", "--dist", "loadfile", *session.posargs)
    if session.python != newest_python():  # measuring, and the data of others, take as long as the tests do
        session.run("python", *pytest, "-m", "not shared")
        return
    # By `coverage run`, because a plug-in of pytest would start measuring after the package is imported.
    env = {"COVERAGE_FILE": str(Path(session.create_tmp(), "coverage"))}
    session.run("coverage", "erase", env=env)
    session.run("coverage", "run", *pytest, env=env)
    session.run("coverage", "combine", "--quiet", env=env)
    session.run("coverage", "report", env=env)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning or an unknown reference is an error."""
    install(session, *group("docs"))
    session.run("sphinx-build", "-n", "-W", "--keep-going", "-E", "-q", "docs", "docs/_build/html")


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


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change the code bit by bit and see whether a test notices (on demand; takes hours)."""
    # Not the project itself: the mutants have to be what is imported.
    session.install(*PROJECT["project"]["dependencies"], *group("mutation"))
    session.run("mutmut", "run", *session.posargs)
    results = session.run("mutmut", "results", silent=True, log=False) or ""
    alive = [line.strip() for line in results.splitlines() if line.endswith((": survived", ": no tests"))]
    if alive:
        session.error("\n".join(("nobody noticed", *alive)))


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure against other libraries in the same run (on demand)."""
    install(session, *group("bench"))
    for script in sorted(Path("tests/bench").glob("bench_*.py")):
        session.run("python", str(script))


@nox.session(default=False)
def spark(session: nox.Session) -> None:
    """Run the campaign example on Spark, on this machine (on demand; needs Java 17 or later)."""
    install(session, *group("spark"))
    session.run("mypy", "--strict", "docs/examples/campaign")
    session.run("python", "-m", "pytest", "tests/docs/test_example_campaign_spark.py", *session.posargs)


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Look at mails and at the example host's pages in Chromium (on demand; needs Debian's package `chromium`)."""
    install(session, *group("tests"))
    session.run("python", "-m", "pytest", "tests/test_browser.py", *session.posargs, env={"LMTRACK_BROWSER": "1"})


def newest_python() -> str:
    """Give the newest version to test on that this machine has."""
    return next((version for version in reversed(PYTHONS) if shutil.which(f"python{version}")), PYTHONS[-1])


def group(name: str) -> tuple[str, ...]:
    """Give the requirements of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def install(session: nox.Session, *requirements: str) -> None:
    """Install what the session needs, and the project as its users get it: from a wheel."""
    _forget_old_wheel()
    if not list(WHEEL.glob("*.whl")):
        session.run("python", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(WHEEL), ".")
    wheel = str(next(WHEEL.glob("*.whl")))
    session.install(wheel, *requirements)
    # An environment that is used again has this version already, and pip would leave it.
    session.install("--no-deps", "--force-reinstall", wheel)


@cache
def _forget_old_wheel() -> None:
    shutil.rmtree(WHEEL, ignore_errors=True)  # once a run: all its sessions share one wheel


def check(session: nox.Session, package: Path, missing: set[str], unwanted: set[str]) -> None:
    """Fail if a package lacks a file or has one too many."""
    if missing or unwanted:
        session.error(f"{package.name}: missing {sorted(missing)}, unwanted {sorted(unwanted)}")
