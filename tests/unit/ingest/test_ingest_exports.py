"""Exports of chats and saved pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ingest_cases import read_all, read_one, text_of, texts


def node(name: str, parent: str | None, role: str, *parts: object, **more: Any) -> dict[str, Any]:
    """Return one node of a ChatGPT export."""
    content = {"content_type": more.pop("content_type", "text"), "parts": list(parts)}
    return {
        "id": name,
        "parent": parent,
        "children": [],
        "message": {"author": {"role": role}, "content": content, **more},
    }


def chatgpt(*nodes: dict[str, Any], current: str | None, title: str = "t") -> dict[str, Any]:
    """Return a conversation; children are filled in from the parents."""
    mapping: dict[str, Any] = {"root": {"id": "root", "parent": None, "children": [], "message": None}}
    mapping.update({entry["id"]: entry for entry in nodes})
    for entry in nodes:
        mapping[entry["parent"]]["children"].append(entry["id"])
    return {"title": title, "mapping": mapping, "current_node": current}


def test_the_current_branch_is_followed_and_tool_use_joined(tmp_path: Path) -> None:
    conversation = chatgpt(
        node("s", "root", "system", "hidden", metadata={"is_visually_hidden_from_conversation": True}),
        node("u", "s", "user", "solve part a of problem 1"),
        node("old", "u", "assistant", "### (a)\nabandoned"),
        node("think", "u", "assistant", "secret", content_type="thoughts"),
        node("a1", "think", "assistant", "### (a)\nfirst piece \ue200cite\ue202x\ue201"),
        node("call", "a1", "assistant", "print(1)", recipient="python"),
        node("tool", "call", "tool", "1"),
        node("a2", "tool", "assistant", "second piece"),
        current="a2",
    )
    submission = read_one(tmp_path, "c.json", json.dumps([conversation]))
    assert submission.format == "chatgpt-export"
    assert submission.id == "c.json"
    (attempt,) = submission.parts["1a"]
    assert text_of(attempt.answers[0]) == "first piece \n\nsecond piece"
    assert attempt.place.turn == 2


def test_pictures_are_noted_and_make_hints(tmp_path: Path) -> None:
    picture = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
    conversation = chatgpt(
        node("u", "root", "user", picture, "solve 1a", content_type="multimodal_text"),
        node("a", "u", "assistant", "### 1a\none"),
        node("v", "a", "user", picture, content_type="multimodal_text"),
        node("b", "v", "assistant", "two"),
        current="b",
    )
    first, second = read_one(tmp_path, "c.json", json.dumps(conversation)).parts["1a"]
    assert not first.hinted
    assert second.hint.startswith("form")


def test_several_conversations_get_ids_of_their_own(tmp_path: Path) -> None:
    talks = [
        chatgpt(
            node("u", "root", "user", "solve 1a"), node("a", "u", "assistant", f"### 1a\n{i}"), current="a", title=title
        )
        for i, title in enumerate(("Home work", "same", "same", ""))
    ]
    submissions = read_all(tmp_path, "c.json", json.dumps(talks))
    assert [s.id for s in submissions] == ["c.json#Home-work", "c.json#2", "c.json#3", "c.json#4"]


def test_damaged_trees_end(tmp_path: Path) -> None:
    circle = chatgpt(node("a", "root", "user", "solve 1a"), node("b", "a", "assistant", "### 1a\nx"), current="b")
    circle["mapping"]["a"]["parent"] = "b"
    submission = read_one(tmp_path, "c.json", json.dumps(circle))
    assert "1a" in submission.parts
    assert any("circle" in problem for problem in submission.problems)
    lost = chatgpt(node("a", "root", "user", "solve 1a"), node("b", "a", "assistant", "### 1a\nx"), current=None)
    assert "1a" in read_one(tmp_path, "d.json", json.dumps(lost)).parts
    odd = {"mapping": {"x": 3, "y": {"message": {"author": 3, "content": []}}}, "current_node": ["x"]}
    assert read_one(tmp_path, "e.json", json.dumps(odd)).parts == {}


def test_claude_exports_drop_thinking(tmp_path: Path) -> None:
    messages = [
        {"sender": "human", "text": "solve part b of problem 2", "content": [], "files": [{}]},
        {
            "sender": "assistant",
            "text": "wrong copy",
            "content": [
                {"type": "thinking", "thinking": "hmm"},
                {"type": "text", "text": "### (b)\n$x$"},
                {"type": "odd"},
            ],
        },
        {"sender": "human", "text": "are you sure?"},
        {"sender": "assistant", "text": "yes, $x$"},
    ]
    submission = read_one(tmp_path, "c.json", json.dumps([{"uuid": "1", "name": "n", "chat_messages": messages}]))
    assert submission.format == "claude-export"
    first, second = submission.parts["2b"]
    assert text_of(first.answers[0]) == "$x$"
    assert second.hinted
    assert any("odd" in problem for problem in submission.problems)


def test_plain_lists_of_messages(tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "solve 1a"},
        {"role": "assistant", "content": [{"type": "text", "text": "### 1a\nx"}]},
    ]
    assert list(read_one(tmp_path, "c.json", json.dumps(messages)).parts) == ["1a"]
    assert list(read_one(tmp_path, "d.json", json.dumps({"messages": messages})).parts) == ["1a"]


KATEX = (
    '<span class="katex{0}"><span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>x</mi></mrow>'
    '<annotation encoding="application/x-tex">x_1 &lt; 2</annotation></semantics></math></span>'
    '<span class="katex-html"><span>x</span>glyphs</span></span></span>'
)


def page(user: str, assistant: str) -> str:
    """Return a page with one turn of each speaker; `{}` in the attributes is the text."""
    head = "<head><title>t</title><script>var a = '<div>';</script></head>"
    return f"<!DOCTYPE html>\n<html>{head}<body>{user}{assistant}</body></html>"


def test_saved_pages_of_both_sites(tmp_path: Path) -> None:
    answer = (
        f"<h3>(a) Mean of {KATEX.format('')}</h3><p>It <strong>is</strong></p>{KATEX.format('-display')}"
        "<ul><li><p>one</p></li><li>two</li></ul><pre><code>x = 1\n### (b)</code></pre>"
        "<button>Copy</button><p>end<br>x</p>"
    )
    pages = {
        "chatgpt": page(
            '<div data-message-author-role="user"><div>solve part a</div></div>',
            f'<div data-message-author-role="assistant"><div class="markdown">{answer}</div></div>',
        ),
        "claude": page(
            '<div data-testid="user-message"><p>solve part a</p></div>',
            f'<div class="x font-claude-response y">{answer}</div>',
        ),
    }
    for name, content in pages.items():
        submission = read_one(tmp_path, f"{name}.html", content)
        assert submission.format == "html", submission.problems
        text = texts(submission)["1a"]
        assert "### Mean of \\(x_1 < 2\\)" in text
        assert "\\[\nx_1 < 2\n\\]" in text
        assert "**is**" in text
        assert "- one\n\n- two" in text
        assert "```\nx = 1\n### (b)\n```" in text
        assert "glyphs" not in text
        assert "Copy" not in text


def test_a_page_of_no_known_site_is_unknown(tmp_path: Path) -> None:
    submission = read_one(tmp_path, "a.html", "<html><body><p>Part 1a</p></body></html>")
    assert submission.format == "unknown"
    assert "known site" in submission.problems[0]
