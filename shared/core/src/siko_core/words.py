"""Words and names that stand in no list are refused, and the refusal says which ones come near."""

import difflib
from collections.abc import Collection, Iterable, Mapping

from siko_core.refusals import NotFound, UnknownWord

MOST = 3
"""How many near words a refusal names."""
NEAR = 0.6
"""How alike two words must be: the ratio of `difflib`, from 0 to 1."""


def ensure_known(field: str, word: str, known: Mapping[str, str]) -> None:
    """Raises UnknownWord unless the word is one of the codes in `known` (code -> German label).

    Where the label of a code was typed, the refusal names that code.
    """
    if word in known:
        return
    written = word.casefold()
    code = next((code for code, label in known.items() if label.casefold() == written), None)
    codes = [code] if code else _near_codes(written, known)
    said = ", ".join(f"{near} ({known[near]})" for near in codes)
    raise UnknownWord(
        f"{field}: " + (f"write {said}" if code else f"an unknown word; near: {said or 'none'}"),
        field=field,
        nearest={near: known[near] for near in codes},
        **({"code": code} if code else {}),
    )


def ensure_named(field: str, name: str, known: Collection[str]) -> None:
    """Raises NotFound, with the names that come near, unless there is the name; while none is known, none is missed."""
    if known and name not in known:
        nearest = near(name, known)
        said = f"near: {', '.join(nearest)}" if nearest else "and none comes near"
        raise NotFound(f"{field}: there is no {name!r}; {said}", field=field, nearest=nearest)


def near(word: str, names: Iterable[str]) -> list[str]:
    """The names most like the word, whatever the case of their letters; the likest first."""
    spelt = {name.casefold(): name for name in names}
    return [spelt[match] for match in _alike(word.casefold(), spelt)]


def _near_codes(written: str, known: Mapping[str, str]) -> list[str]:
    """Codes that look like what was written, or whose label does or has it as a part."""
    spelt = {label.casefold(): code for code, label in known.items()} | {c: c for c in known}
    parts = [text for text in spelt if written in text and len(written) >= MOST]
    return list(dict.fromkeys(spelt[text] for text in (*_alike(written, spelt), *parts)))[:MOST]


def _alike(written: str, texts: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(written, texts, n=MOST, cutoff=NEAR)
