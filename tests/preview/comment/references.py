"""What GitLab and GitHub make of text: every form that they document, disguises, and a reader that recognises them.

The forms are those of GitLab, "GitLab Flavored Markdown", section "GitLab-specific references" (the page of 17.9,
February 2025, and what later copies of it add: work items, `GL-123`, `[epic:...]`, placeholders), and of GitHub,
"Autolinked references and URLs" (read in November 2026). The reader knows nothing of preview/comment_untrusted.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

from preview.comment_untrusted import MARKER

GITLAB = (
    *("@user_name", "@group_name", "@all", "namespace/project>", "#123", "project#123", "#123+", "GL-123"),
    *("!123", "namespace/project!123", "!123+s", "$123", "project$123", "&123", "group1/subgroup&123"),
    *('*iteration:"iteration title"', "[cadence:123]", '[cadence:"plan a"]', "[issue:123]", "[work_item:123]"),
    *("[epic:group1/123]", "[vulnerability:123]", "[feature_flag:project/123]", "[contact:test@example.com]"),
    *("~123", "~bug", '~"feature request"', "project~bug", "%123", "%v1.23", '%"release candidate"', "^alert#123"),
    *("9ba12248", "namespace/project@9ba12248", "9ba12248...b19a04f5", "[README](doc/README.md)", "[[Home]]"),
    *("[[How to use GitLab|how-to-use-gitlab]]", "[wiki_page:Home]", "[[_TOC_]]", "::include{file=a.md}"),
)
GITHUB = (
    *("#26", "GH-26", "gh-26", "github-linguist/linguist#4039", "a5c3785ed8d6a35868bc169f07e40e889087fd2e"),
    *("jlord@a5c3785ed8d6a35868bc169f07e40e889087fd2e", "@organization/team", "TICKET-123"),
    *("https://github.com/o/r/issues/1", "www.example.com", "- [ ] task", "[^1]", "> [!WARNING]"),
)
LINKS = (
    *("![x](https://evil.example/pixel)", "[x](//evil.example)", "<https://evil.example>"),
    *("[y][z]\n\n[z]: //evil.example\n", "<img src=x>", "<script>alert(1)</script>", '<a href="//evil.example">x</a>'),
    *('<code class="mention">x</code>', '<pre lang="mermaid">graph</pre>', f"{MARKER} again"),
    "<!-- packyard-drift -->",
)
COMMANDS = ("/merge", "  /approve", "/label ~bug", "/shrug")
BLOCKS = ("json:table", "mermaid", "plantuml", "math", "glql", "geojson", "suggestion:-0+0", "diff:json", "Diff")
"""Info strings of fences that are more than coloured text."""
FORMS = (*GITLAB, *GITHUB, *LINKS, *COMMANDS)

RECOGNISED = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?<!\w)@\w|\w@[0-9a-f]{7}",
        r'[#!$&%]\w|~[\w"]|%"',
        r"(?i)\bg[hl]-\d|(?-i:\b[A-Z][A-Z0-9_]*-\d)",
        r"\[\w+:[^\]]+\]|\[\[|\[\^\w|\[!\w",
        r"\*iteration:|\^alert|::include",
        r"(?<!\w)[0-9a-f]{7,40}(?!\w)",
        r"[\w.-]+/[\w.-]+>",
        r"\w://|(?i:www\.)\w",
        r"\$`|\$\$|%\{",
        r"^\[[ xX]\]\s",
    )
)
ELEMENTS = (
    *("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("code", "pre", "strong", "em", "hr", "br", "details", "summary", "sub"),
)
ENTITY = re.compile(r"&#?\w+;")
STYLES = {"class": ("language-diff",), "style": tuple(f"text-align:{side}" for side in ("left", "right", "center"))}


@dataclass
class Page(HTMLParser):
    """A rendered comment: what would be obeyed or linked in it."""

    found: list[str] = field(default_factory=list)
    text: str = ""
    folds: int = 0
    code: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes elements and attributes that no comment has."""
        self._end_of_text()
        allowed = all(value in STYLES.get(name, ()) or (tag, name) == ("ol", "start") for name, value in attrs)
        if tag not in ELEMENTS or not allowed:
            self.found.append(f"<{tag} {attrs}>")
        self.folds += tag == "details"
        self.code += tag == "code"

    def handle_endtag(self, tag: str) -> None:
        """Notes a fold that was never opened."""
        self._end_of_text()
        self.folds -= tag == "details"
        self.code -= tag == "code" and self.code > 0
        if self.folds < 0:
            self.found.append("</details>")

    def handle_data(self, data: str) -> None:
        """Collects: a sanitiser that takes comments out joins what they part."""
        # An entity in a code span is drawn as it is written, and no platform looks for references there.
        self.text += ENTITY.sub("", data) if self.code else data

    def handle_comment(self, data: str) -> None:
        """Notes every comment: the one that marks a comment of the bot is taken away before."""
        self.found.append(f"<!--{data}-->")

    def close(self) -> None:
        """Ends the page."""
        super().close()
        self._end_of_text()
        if self.folds:
            self.found.append("a fold is left open")

    def _end_of_text(self) -> None:
        self.found += [found[0] for shape in RECOGNISED if (found := shape.search(self.text))]
        self.text = ""


RENDER = MarkdownIt("commonmark", {"html": True}).enable("table")


def obeyed(comment: str) -> list[str]:
    """What GitLab or GitHub would obey, link, draw or hide in a comment that the bot posts."""
    body = comment.removeprefix(MARKER)
    page = Page()
    page.feed(RENDER.render(body))
    page.close()
    # Quick actions are looked for in the text itself.
    commands = re.findall(r"^\s*/\w+", body, re.MULTILINE)
    return page.found + commands + re.findall("[\u200e\u200f\u202a-\u202e\u05d0]", body)


def disguises(form: str) -> Iterator[str]:
    """The form as it is, and as it looks before Markdown, entities and comments are read."""
    yield form
    middle = next((at for at, letter in enumerate(form) if not letter.isalnum() and letter != "\n"), len(form) // 2)
    yield f"{form[:middle]}&#{ord(form[middle])};{form[middle + 1 :]}"
    yield f"{form[:middle]}&#x{ord(form[middle]):x}{form[middle + 1 :]}"
    after = min(middle + 1, len(form) - 1)
    yield f"{form[:after]}&#{ord(form[after])};{form[after + 1 :]}"
    yield f"{form[:middle]}\\{form[middle:]}"
    yield f"{form[:after]}\\{form[after:]}"
    yield f"{form[:after]}<!-- -->{form[after:]}"
    yield f"{form[:after]}\u200d\u2060\u034f{form[after:]}"


def places(text: str) -> Iterator[str]:
    """Where a merge request could write it."""
    yield text
    yield f"words {text} words"
    yield f"* {text}"
    yield f"> {text}"
    yield f"\n| a | b |\n| --- | --- |\n| {text} | x |"
    yield f"<details>\n{text}"
    yield f"</details>\n<summary>{text}"
    yield f"<sub>{text}</code></sub>"
    yield f"<sub>\n```diff\n{text}\n```"
    yield f"```diff\n{text}"
    yield f"\u202e{text}\u05d0"


def fences() -> Iterator[str]:
    """Blocks that are more than coloured text, in all the ways in which Markdown opens one."""
    for block in BLOCKS:
        for opening in ("```", "~~~", "````", "  ```", "* ```", "> ```", "1. ~~~", "``` "):
            yield f"{opening}{block}\ngraph\n{opening.strip('*>1. ')}"
    yield '```json:table\n{"markdown": true, "items": [{"a": "@all"}]}\n```'
