"""Names on the engine: different environments never share one."""

from airchain.fleet import names


def test_a_hyphen_moves_between_no_two_environments() -> None:
    """Product `a-b` in `c` and product `a` in `b-c` have nothing in common."""
    assert names.network("a-b", "c") != names.network("a", "b-c")
    assert names.container("a", "b", "c-d") != names.container("a", "b-c", "d")
    assert names.container("a", "b", "edge") != names.network("a", "b-edge")
