"""Self-contained pages: widgets that live in one HTML file, without a kernel and without a network."""

import base64
import html
import json
import os
import zlib
from pathlib import Path

from leo_widgets.page import assets

# All that a page may do: run its own inline code and style, and modules made of them. No request leaves it.
_POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:"
_KERNEL_ONLY = ("layout", "tabbable", "tooltip")  # traits of every notebook widget that a page has no use for


def page(widgets, path, title: str, intro: str = "") -> Path:
    """Write one HTML file with several linked widgets and return its path.

    widgets: widgets in reading order, each alone or as a pair (heading, widget).
    intro: plain text above them; an empty line starts a new paragraph.
    Widgets that share a link and the same goals start with the goal (and frame) of the first of them, and stay linked.
    The file opens from disk, asks nothing of any host, and keeps what is selected in its URL.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(render(widgets, title, intro), encoding="utf-8")
    os.replace(part, path)  # a reader never sees half a page
    return path


def render(widgets, title: str, intro: str = "", frame: bool = False) -> str:
    """The text of such a page. frame: leave out heading and margins, for use inside another page."""
    pairs = [item if isinstance(item, tuple) else ("", item) for item in widgets]
    if not pairs:
        raise ValueError("a page needs at least one widget")
    blobs: list[str] = []
    shared: dict[tuple[str, str], int] = {}
    entries = []
    for _, widget in pairs:
        state = {name: _portable(value, blobs) for name, value in _traits(widget).items()}
        for name in widget.shared_names:
            index = shared.setdefault((widget.channel, name), state[name])
            state[name] = index if index < widget.counts()[name] else state[name]
        entries.append({"kind": type(widget).__name__, "state": state, "view": _choices(widget)})
    kinds = {type(widget).__name__: widget for _, widget in pairs}
    modules = {name: str(widget._esm) for name, widget in kinds.items()}
    data = {"widgets": entries, "modules": modules, "blobs": blobs}
    styles = [assets.text("lib/page.css"), *(str(widget._css) for widget in kinds.values())]
    body = "".join(_section(number, title, *pair) for number, pair in enumerate(pairs))
    if not frame:
        paragraphs = "".join(f"<p>{html.escape(p.strip())}</p>" for p in intro.split("\n\n") if p.strip())
        body = f"<header><h1>{html.escape(title)}</h1>{paragraphs}</header>{body}"
    return _TEMPLATE.format(
        policy=_POLICY, title=html.escape(title), kind="leo-frame" if frame else "leo-page", body=body,
        css="\n".join(styles).replace("</", "<\\/"), script=assets.text("lib/page.js").replace("</", "<\\/"),
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
    )  # fmt: skip


_TEMPLATE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{css}</style>
</head>
<body class="{kind}">
<main>{body}</main>
<script type="application/json" id="leo-data">{data}</script>
<script type="module">{script}</script>
</body>
</html>
"""


def _section(number: int, title: str, heading: str, widget) -> str:
    head = f"<h2>{html.escape(heading)}</h2>" if heading else ""
    titled = ' class="leo-titled"' if widget.title in (title, heading) else ""  # the page shows that title already
    return f'<section>{head}<div{titled} id="leo-{number}"></div></section>'


def _traits(widget) -> dict:
    """The synced traits that the widget's own module reads."""
    names = [name for name in widget.traits(sync=True) if not name.startswith("_") and name not in _KERNEL_ONLY]
    return {name: getattr(widget, name) for name in sorted(names)}


def _choices(widget) -> dict:
    """What each view trait may be, for a page that reads it from its URL: words, a count, or null."""
    counts = widget.counts()
    return {name: counts.get(name) or getattr(widget.traits()[name], "values", None) for name in widget.view_names}


def _portable(value, blobs: list[str]):
    """`value` for JSON: bytes move, compressed, to `blobs`, and leave their number behind."""
    if isinstance(value, bytes):
        blobs.append(base64.b64encode(zlib.compress(value, 9)).decode())
        return {"$blob": len(blobs) - 1}
    if isinstance(value, dict):
        return {key: _portable(item, blobs) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_portable(item, blobs) for item in value]
    return value


class Frame:
    """A widget as an HTML frame that needs no kernel. Show it as the last line of a cell."""

    def __init__(self, widget, height: int):
        self._widget, self._height = widget, height

    def _repr_html_(self) -> str:
        title = self._widget.title or type(self._widget).__name__
        source = html.escape(render([self._widget], title, frame=True), quote=True)
        return (
            f'<iframe sandbox="allow-scripts" title="{html.escape(title, quote=True)}" srcdoc="{source}" '
            f'style="width: 100%; height: {self._height}px; border: 0"></iframe>'
        )

    def __repr__(self) -> str:
        return f"Frame of {self._widget!r}"
