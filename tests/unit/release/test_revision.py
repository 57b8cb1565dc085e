"""The commit a release is made from."""

from pathlib import Path

from airchain.release.revision import read_revision
from airchain.run import run


def git(folder: Path, *words: str) -> None:
    run(["git", "-c", "user.name=A", "-c", "user.email=a@b", *words], cwd=folder, timeout=10)


def test_a_commit_is_named_with_its_subject(tmp_path: Path) -> None:
    """A clean folder is its commit."""
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-qm", "say one")
    found = read_revision(tmp_path)
    assert (len(found.name), found.subject, found.author) == (40, "say one", "A")
    assert found.short == found.name[:12]
    assert found.clean


def test_a_changed_file_is_not_hidden(tmp_path: Path) -> None:
    """What differs from the commit is marked dirty, so nobody takes it for the commit."""
    git(tmp_path, "init", "-q")
    (tmp_path / "file").write_text("one")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-qm", "say one")
    (tmp_path / "file").write_text("two")
    found = read_revision(tmp_path)
    assert found.name.endswith("-dirty")
    assert found.short == found.name[:12] + "-dirty"
    assert not found.clean


def test_a_folder_without_git_has_no_commit(tmp_path: Path) -> None:
    """Outside a repository the release says so instead of failing."""
    found = read_revision(tmp_path)
    assert found.short == "uncommitted"
    assert not found.clean
