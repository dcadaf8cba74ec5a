"""Elements of a picture. Whatever text comes in is escaped; whatever goes out is markup and is not escaped
again."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

Attribute = str | float | None
_RENAMED = {"klass": "class"}


def element(tag: str, *children: str, **attributes: Attribute) -> Markup:
    """`element("text", "words", klass="tick", x=1.5)`. Underscores stand for hyphens; None and "" are left
    out, numbers have one decimal at most."""
    parts = [f"<{tag}"]
    for name, value in attributes.items():
        if value is not None and value != "":
            shown = number(value) if isinstance(value, int | float) else escape(value)
            parts.append(f' {_RENAMED.get(name, name.replace("_", "-"))}="{shown}"')
    if not children:
        return Markup("".join(parts) + "/>")
    return Markup("".join(parts) + ">" + "".join(escape(child) for child in children) + f"</{tag}>")


def number(value: float) -> str:
    """At most one decimal, and none that says nothing."""
    return f"{value:.1f}".removesuffix(".0")


def joined(parts: Iterable[str]) -> Markup:
    return Markup("").join(parts)


def text(
    x: float, y: float, content: str, klass: str = "", anchor: str = "", share: str = "", **more: Attribute
) -> Markup:
    """Some words; `share` says of what a figure among them is the share."""
    return element("text", content, x=x, y=y, klass=klass, text_anchor=anchor, data_share=share, **more)


def path(d: str, klass: str, **more: Attribute) -> Markup:
    return element("path", klass=klass, d=d, **more) if d else Markup("")


def box(
    x: float, y: float, width: float, height: float, klass: str = "", *children: str, **more: Attribute
) -> Markup:
    return element("rect", *children, klass=klass, x=x, y=y, width=width, height=height, **more)


def hover(words: str) -> Markup:
    """What a pointer reads on the element around it."""
    return element("title", words)


def inline(width: float, height: float, title: str, parts: Iterable[str], **more: Attribute) -> Markup:
    """A picture in a page, which has the style."""
    return element(
        "svg",
        joined(parts),
        viewBox=f"0 0 {number(width)} {number(height)}",
        role="img",
        aria_label=title,
        **more,
    )


def standalone(width: float, height: float, title: str, style: str, parts: Iterable[str]) -> str:
    """A picture as a file of its own, on a ground of its own; a line for each of its parts."""
    ground = box(0, 0, width, height, "page")
    return (
        element(
            "svg",
            Markup("\n"),
            Markup("\n").join([Markup(f"<style>{style}</style>"), ground, *parts]),
            Markup("\n"),
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {number(width)} {number(height)}",
            width=width,
            height=height,
            role="img",
            aria_label=title,
        )
        + "\n"
    )
