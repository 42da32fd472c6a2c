"""Data exports of chats: ChatGPT's and Claude's `conversations.json`, and plain lists of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from grader.errors import IngestError
from grader.ingest.lines import without_comments
from grader.ingest.load import Duplicates
from grader.ingest.parts import PartNames
from grader.ingest.record import Reading
from grader.ingest.repair import repair
from grader.ingest.segment import segment
from grader.ingest.turns import Role, Turn

_ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
}
# Citations and other marks of the page stand in a private area of Unicode, in pairs.
_PRIVATE = re.compile("\ue200[^\ue200\ue201]{0,400}\ue201|[\ue000-\uf8ff]")
_DROPPED = frozenset(
    {
        "thoughts",
        "reasoning_recap",
        "thinking",
        "redacted_thinking",
        "tool_use",
        "tool_result",
        "token_budget",
        "code",
        "execution_output",
    }
    | {
        "user_editable_context",
        "model_editable_context",
        "system_error",
        "tether_quote",
        "tether_browsing_display",
        "flag",
    }
)


@dataclass(slots=True)
class _Message:
    role: Role
    text: str
    pictures: int = 0


@dataclass(slots=True)
class _Talk:
    messages: list[_Message] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def is_export(data: object) -> bool:
    """Return whether a JSON value is a chat export that is known here."""
    first = data[0] if isinstance(data, list) and data else data
    if not isinstance(first, dict):
        return False
    if isinstance(data, list) and isinstance(first.get("role"), str) and "content" in first:
        return True
    return isinstance(first.get("mapping"), dict) or isinstance(first.get("chat_messages"), list) or _is_messages(first)


def read_export(data: object, names: PartNames, *, file: str) -> list[Reading]:
    """Return one reading a conversation.

    Raises:
        IngestError: No conversation is in it.
    """
    if isinstance(data, list) and data and isinstance(data[0], dict) and "role" in data[0]:
        data = {"messages": data}
    conversations = data if isinstance(data, list) else [data]
    readings: list[Reading] = []
    titles: dict[str, int] = {}
    for conversation in conversations:
        title = _title(conversation)
        titles[title] = titles.get(title, 0) + 1
    for number, conversation in enumerate(conversations, 1):
        title = _title(conversation)
        label = "" if len(conversations) == 1 else title if title and titles[title] == 1 else str(number)
        readings.append(_conversation(conversation, names, file=file, label=label))
    if not readings:
        raise IngestError("an export without conversations")
    return readings


def _conversation(conversation: object, names: PartNames, *, file: str, label: str) -> Reading:
    talk = _Talk()
    form = "chat-messages"
    if isinstance(conversation, dict) and isinstance(conversation.get("mapping"), dict):
        form = "chatgpt-export"
        _chatgpt(conversation, talk)
    elif isinstance(conversation, dict) and isinstance(conversation.get("chat_messages"), list):
        form = "claude-export"
        _claude(conversation, talk)
    elif isinstance(conversation, dict) and _is_messages(conversation):
        _plain(conversation["messages"], talk)
    else:
        talk.problems.append(f"not a conversation but {type(conversation).__name__}")
    turns, repaired = _turns(talk.messages)
    parts, problems = segment(turns, names, file=file, repaired_turns=repaired)
    return Reading(format=form, parts=parts, problems=(*dict.fromkeys(talk.problems), *problems), label=label)


def _turns(messages: Sequence[_Message]) -> tuple[list[Turn], frozenset[int]]:
    """Return the turns, messages of one speaker in a row joined, and the numbers of those that were repaired."""
    joined: list[_Message] = []
    for message in messages:
        if joined and joined[-1].role == message.role:
            joined[-1].text = "\n\n".join(text for text in (joined[-1].text, message.text) if text)
            joined[-1].pictures += message.pictures
        else:
            joined.append(_Message(message.role, message.text, message.pictures))
    turns: list[Turn] = []
    changed: set[int] = set()
    for number, message in enumerate(joined, 1):
        cleaned = without_comments(message.text.replace("\r\n", "\n")).text
        repaired = repair(cleaned)
        if repaired.lines:
            changed.add(number)
        turns.append(Turn(number=number, role=message.role, text=repaired.text, pictures=message.pictures))
    return turns, frozenset(changed)


def _chatgpt(conversation: dict[str, object], talk: _Talk) -> None:
    mapping = conversation["mapping"]
    assert isinstance(mapping, dict), "checked by the caller"
    for message in _path(mapping, conversation.get("current_node"), talk):
        author = message.get("author")
        role = _ROLES.get(str(author.get("role")) if isinstance(author, dict) else "")
        metadata = message.get("metadata")
        hidden = isinstance(metadata, dict) and metadata.get("is_visually_hidden_from_conversation") is True
        if role is None or hidden or message.get("recipient", "all") not in ("all", None):
            continue
        content = message.get("content")
        if not isinstance(content, dict):
            talk.problems.append("a message without content was left out")
            continue
        kind = str(content.get("content_type"))
        if kind in _DROPPED:
            continue
        parts = content.get("parts")
        if not isinstance(parts, list):
            parts = [content.get("text")]
        _add(talk, role, parts)


def _path(mapping: dict[str, object], current: object, talk: _Talk) -> Iterator[dict[str, object]]:
    """Yield the messages from the root to the current node: other branches were abandoned."""
    node = current if isinstance(current, str) and current in mapping else None
    if node is None:
        talk.problems.append("the export does not say which branch is current; the last leaf was taken")
        leaves = [key for key, value in mapping.items() if isinstance(value, dict) and not value.get("children")]
        node = leaves[-1] if leaves else None
    path: list[dict[str, object]] = []
    seen: set[str] = set()
    while node is not None and node not in seen:
        seen.add(node)
        entry = mapping.get(node)
        if not isinstance(entry, dict):
            talk.problems.append("a message of the current branch is not in the export")
            break
        if isinstance(entry.get("message"), dict):
            path.append(entry["message"])
        parent = entry.get("parent")
        node = parent if isinstance(parent, str) else None
    if node is not None and node in seen:
        talk.problems.append("the messages of the export form a circle")
    yield from reversed(path)


def _claude(conversation: dict[str, object], talk: _Talk) -> None:
    messages = conversation["chat_messages"]
    assert isinstance(messages, list), "checked by the caller"
    for message in _claude_path(messages, conversation.get("current_leaf_message_uuid")):
        role = _ROLES.get(str(message.get("sender")))
        if role is None:
            talk.problems.append("a message without a known sender was left out")
            continue
        content = message.get("content")
        blocks = content if isinstance(content, list) else []
        if not any(isinstance(b, dict) and b.get("type") == "text" and b.get("text") for b in blocks):
            blocks = [*blocks, message.get("text")]
        files = message.get("files")
        attachments = message.get("attachments")
        extra = sum(len(value) for value in (files, attachments) if isinstance(value, list))
        _add(talk, role, blocks, pictures=extra)


def _claude_path(messages: list[object], leaf: object) -> list[dict[str, object]]:
    known = [message for message in messages if isinstance(message, dict)]
    by_id = {message.get("uuid"): message for message in known if isinstance(message.get("uuid"), str)}
    if not isinstance(leaf, str) or leaf not in by_id:
        return known
    path: list[dict[str, object]] = []
    seen: set[object] = set()
    node: object = leaf
    while isinstance(node, str) and node in by_id and node not in seen:
        seen.add(node)
        path.append(by_id[node])
        node = by_id[node].get("parent_message_uuid")
    return path[::-1]


def _plain(messages: object, talk: _Talk) -> None:
    assert isinstance(messages, list), "checked by the caller"
    for message in messages:
        if not isinstance(message, dict):
            continue
        role = _ROLES.get(str(message.get("role")))
        if role is not None:
            content = message.get("content")
            _add(talk, role, content if isinstance(content, list) else [content])


def _add(talk: _Talk, role: Role, blocks: Sequence[object], *, pictures: int = 0) -> None:
    texts: list[str] = []
    for block in blocks:
        if isinstance(block, str):
            texts.append(block)
        elif isinstance(block, Duplicates):
            talk.problems.append("a message names a key twice and was left out")
        elif isinstance(block, dict):
            kind = str(block.get("type") or block.get("content_type"))
            value = block.get("text")
            if kind in _DROPPED:
                given = block.get("input")
                # Claude's artifacts hold answers, although a tool writes them.
                if (
                    block.get("name") == "artifacts"
                    and isinstance(given, dict)
                    and isinstance(given.get("content"), str)
                ):
                    texts.append(given["content"])
            elif kind in ("text", "output_text", "input_text", "audio_transcription") and isinstance(value, str):
                texts.append(value)
            elif "image" in kind or kind in ("file", "document"):
                pictures += 1
            else:
                talk.problems.append(f"a piece of kind {kind[:40]!r} was left out")
    text = _PRIVATE.sub("", "\n\n".join(piece for piece in texts if piece.strip()))
    if text or pictures:
        talk.messages.append(_Message(role, text, pictures))


def _is_messages(value: dict[str, object]) -> bool:
    messages = value.get("messages")
    return (
        isinstance(messages, list) and bool(messages) and all(isinstance(m, dict) and "role" in m for m in messages[:5])
    )


def _title(conversation: object) -> str:
    if not isinstance(conversation, dict):
        return ""
    title = conversation.get("title") or conversation.get("name")
    return re.sub(r"[^\w.-]+", "-", title).strip("-")[:80] if isinstance(title, str) else ""
