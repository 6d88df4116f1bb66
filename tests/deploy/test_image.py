"""What is in the images: what the lock files name, the code, and nothing else."""

import subprocess
import tomllib

import pytest

from tests.deploy.deployment import IMAGE, ROOT, Deployment, docker

SITE = "/opt/hedgerow/lib/python3.13/site-packages"
HASHES = "cd /opt/hedgerow && find . -type f -print0 | sort -z | xargs -0 sha256sum"


def inside(command: str, image: str = IMAGE) -> str:
    return docker("run", "--rm", "--network", "none", image, "sh", "-c", command).stdout


def test_two_builds_install_the_same_files(deployment: Deployment) -> None:
    second = f"{IMAGE}:second"
    file = deployment.folder / "deploy/Dockerfile"
    build = ("build", "--no-cache", "-q", "-f", str(file), "--target", "build", "-t", second)
    docker(*build, str(deployment.folder))
    try:
        first, again = inside(HASHES).splitlines(), inside(HASHES, second).splitlines()
        assert {*first} ^ {*again} == set()
    finally:
        docker("rmi", second)


def test_every_file_of_the_packages_is_installed(deployment: Deployment) -> None:
    listed = ("git", "ls-files", "-co", "--exclude-standard", "shared", "services", "hedgerow")
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ours = {name for name in names.splitlines() if (ROOT / name).is_file()}
    there = inside(f"cd {SITE} && find shared services hedgerow -type f").splitlines()
    assert ours - {*there} == set()


def test_no_compiler_package_cache_or_build_is_left(deployment: Deployment) -> None:
    assert inside("which gcc cc make; ls -A /var/lib/apt/lists /root/.cache 2>/dev/null; true") in (
        "",
        "/var/lib/apt/lists:\n",
    )
    assert inside(f"ls -d {SITE}/pip* {SITE}/setuptools* /src 2>/dev/null; true") == ""


@pytest.mark.parametrize("image", [IMAGE, f"{IMAGE}-edge"])
def test_an_image_says_which_version_and_revision_it_is_and_is_nobodys(
    deployment: Deployment, image: str
) -> None:
    form = '{{index .Config.Labels "org.opencontainers.image.version"}} {{.Config.User}}'
    assert docker("inspect", "-f", form, image).stdout.split() == [_version(), "10001:10001"]
    form = '{{index .Config.Labels "org.opencontainers.image.revision"}}'
    assert docker("inspect", "-f", form, image).stdout.strip()


def _version() -> str:
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return version


def test_no_secret_is_in_an_image_or_its_history(deployment: Deployment) -> None:
    secrets = [deployment.secret(f.name) for f in (deployment.folder / "deploy/secrets").iterdir()]
    words = "\n".join(word for word in secrets if word)
    assert len(words.splitlines()) == 17
    for image in (IMAGE, f"{IMAGE}-edge"):
        saved = subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE)
        found = subprocess.run(
            ["grep", "-a", "-c", "-F", words], stdin=saved.stdout, capture_output=True, check=False
        )
        assert saved.wait() == 0
        assert found.stdout.strip() == b"0"


@pytest.mark.soak
def test_what_debian_has_newer_and_known_vulnerabilities_are_said(deployment: Deployment) -> None:
    said = deployment.run("deploy/scan")
    verdicts = [line for line in said.stdout.splitlines() if line.startswith(IMAGE)]
    assert [verdict.split(":")[0] for verdict in verdicts] == [IMAGE, f"{IMAGE}-edge"]
    newest = all("every package is Debian's newest" in verdict for verdict in verdicts)
    assert newest or "build --no-cache --pull" in said.stdout
    looked = {line.partition(": ")[0]: line for line in said.stdout.splitlines() if ".lock" in line}
    assert looked.keys() == {lock.name for lock in (ROOT / "requirements").glob("*.lock")}
    if any("could not be looked at" in line for line in looked.values()):
        assert said.returncode == 2
        assert "not every lock file could be looked at" in said.stderr
    else:
        assert said.stderr == ""
        assert said.returncode == (0 if newest and "vulnerable:" not in said.stdout else 1)


def test_no_secret_is_in_gits_history() -> None:
    for path in ("deploy/secrets/operator_token", "deploy/.env"):
        ignored = subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False)
        assert ignored.returncode == 0
    ever = ("git", "log", "--all", "--format=%h", "--", "deploy/secrets", "deploy/.env")
    keys = ("git", "log", "--all", "--format=%h", "-G", "-----BEGIN [A-Z ]*PRIVATE " + "KEY")
    for command in (ever, keys):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == ""
