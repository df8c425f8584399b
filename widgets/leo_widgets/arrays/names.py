"""Names of goals, states and actions: their groups, how they are found, and the words of an error about them."""

import difflib
import zlib


def one_line(error: Exception) -> str:
    """The message of an error without its line breaks."""
    return " ".join(str(error).split())


def group_of(name: str) -> str:
    """The group of a goal: its name up to the first "/", as leo_lab's goal sets have it; the whole name without one."""
    return name.partition("/")[0]


def short_name(name: str) -> str:
    """A goal's name without its group: all after the first "/"; the whole name without one."""
    return name.partition("/")[2] or name


def groups_of(names) -> list[str]:
    """The groups of some goals in the order of the list; none where each goal is its own."""
    groups = list(dict.fromkeys(map(group_of, names)))
    return [] if len(groups) == len(names) > 1 else groups


def by_group(names) -> list[int]:
    """The goals group by group, and as in the list within a group."""
    groups = list(dict.fromkeys(map(group_of, names)))
    return sorted(range(len(names)), key=lambda goal: groups.index(group_of(names[goal])))


def nearest(name: str, known) -> str:
    """The end of an error line: which known name was probably meant, and all of them where they are few."""
    known = [str(item) for item in known]
    short = {short_name(item): item for item in known}
    close = difflib.get_close_matches(str(name), [*known, *short], n=1, cutoff=0.5)
    if close:
        return f"; did you mean {short.get(close[0], close[0])!r}?"
    return f"; known: {', '.join(known)}" if len(known) <= 12 else f"; known: {known[0]} to {known[-1]}"


def index_of(wanted, names, kind: str) -> int:
    """The index of a goal or state given as index or name ("position/r3c5" or "r3c5"); else ValueError."""
    names = list(names)
    if isinstance(wanted, str):
        for known in (names, [short_name(name) for name in names]):
            if known.count(wanted) == 1:
                return known.index(wanted)
        raise ValueError(f"unknown {kind} {wanted!r}{nearest(wanted, names)}")
    if not 0 <= int(wanted) < len(names):
        raise ValueError(f"{kind} {wanted} does not exist: the {kind}s are 0 to {len(names) - 1}")
    return int(wanted)


def channel(link: str, goal_names) -> str:
    """The name under which widgets share their goal: equal only for one `link` and the same list of goals."""
    return f"{link}-{zlib.crc32(repr(tuple(goal_names)).encode()):08x}"
