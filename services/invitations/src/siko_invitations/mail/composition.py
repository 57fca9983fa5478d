"""A letter as a mail: text, HTML and calendar object as alternatives, its PDF beside them. The same draft makes the same bytes.

Header values are addresses and texts without line breaks and encoded words, and the bytes are parsed again before they
leave: exactly the headers that were set. Nothing in a mail is loaded from elsewhere, and nothing tells who has read it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.generator import BytesGenerator
from email.headerregistry import Address
from email.message import EmailMessage
from html import escape
from io import BytesIO

from siko_documents.layout import Block, Facts, LetterPage, Paragraph, Table
from siko_itip.mailboxes import Mailbox
from siko_itip.message_ids import message_id

from siko_invitations.mail.drafts import Draft
from siko_invitations.mail.headers import POLICY, read_headers

HTML_FRAME = (
    '<!DOCTYPE html>\n<html lang="de">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
    '<body style="font-family: sans-serif">\n{body}\n</body>\n</html>\n'
)


class Garbled(Exception):
    """The mail has other headers than those that were set; nothing of it may leave."""


@dataclass(frozen=True)
class Mail:
    """What is handed over: the envelope's two addresses and the bytes, by which `sha256` knows it."""

    sender: str
    recipient: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def compose(draft: Draft, pdfs: Sequence[tuple[str, bytes]]) -> Mail:
    """`pdfs`: file name and content of the letter and of what is enclosed. Raises Garbled if a header cannot be trusted."""
    page = draft.letter.page()
    message = EmailMessage(policy=POLICY)
    message["From"] = _address(draft.sender)
    message["To"] = _address(draft.recipient)
    message["Subject"] = draft.letter.subject
    message["Date"] = draft.written_at
    own_id = message_id(draft.authority_id, draft.event_id)
    message["Message-ID"] = own_id
    if draft.first_event_id != draft.event_id:
        first = message_id(draft.authority_id, draft.first_event_id)
        message["In-Reply-To"] = message["References"] = first
    message["Reply-To"] = _address(draft.sender)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text(page), subtype="plain", charset="utf-8", cte="quoted-printable")
    message.add_alternative(html(page), subtype="html", charset="utf-8", cte="quoted-printable")
    if draft.calendar is not None:
        message.add_alternative(
            draft.calendar.content,
            maintype="text",
            subtype="calendar",
            params={"method": draft.calendar.method, "charset": "utf-8"},
            cte="base64",
        )
    for name, content in pdfs:
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    message["Content-Language"] = "de"  # at last: parts that are added take such headers along
    _fix_boundaries(message, draft.event_id)
    content = _serialised(message)
    _ensure_same_headers(message, content)
    return Mail(draft.sender.email, draft.recipient.email, content)


def text(page: LetterPage) -> str:
    parts = [page.mark, page.title, page.salutation]
    parts += [_block_as_text(block) for block in page.blocks]
    parts += [f"{page.closing}\n{page.signed_by}\n{page.sender}", *_enclosures(page)]
    return "\n\n".join(parts) + "\n"


def html(page: LetterPage) -> str:
    parts = [f"<p><small>{escape(page.mark)}</small></p>", f"<h1>{escape(page.title)}</h1>"]
    parts.append(f"<p>{escape(page.salutation)}</p>")
    parts += [_block_as_html(block) for block in page.blocks]
    signed = "<br>".join(map(escape, (page.closing, page.signed_by, page.sender)))
    parts.append(f"<p>{signed}</p>")
    parts += [f"<p>{escape(line)}</p>" for line in _enclosures(page)]
    return HTML_FRAME.format(title=escape(page.title), body="\n".join(parts))


def _enclosures(page: LetterPage) -> list[str]:
    return [f"Anlagen: {', '.join(page.enclosures)}"] if page.enclosures else []


def _block_as_text(block: Block) -> str:
    match block:
        case Paragraph():
            return block.text
        case Facts():
            return "\n".join(f"{label}: {value}" for label, value in block.rows)
        case Table():
            return "\n".join(
                "; ".join(map(": ".join, zip(block.head, row, strict=True))) for row in block.rows
            )


def _block_as_html(block: Block) -> str:
    match block:
        case Paragraph():
            return f"<p>{escape(block.text)}</p>"
        case Facts():
            rows = "".join(
                f'<tr><th scope="row" style="text-align: left">{escape(label)}</th><td>{escape(value)}</td></tr>'
                for label, value in block.rows
            )
            return f"<table>{rows}</table>"
        case Table():
            head = "".join(
                f'<th scope="col" style="text-align: left">{escape(name)}</th>'
                for name in block.head
            )
            rows = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
                for row in block.rows
            )
            return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _address(mailbox: Mailbox) -> Address:
    return Address(mailbox.name or "", addr_spec=mailbox.email)


def _fix_boundaries(message: EmailMessage, event_id: str) -> None:
    """Boundaries made of the event's id: chance would make other bytes at every attempt."""
    parts = [part for part in message.walk() if part.is_multipart()]
    for number, part in enumerate(parts):
        seed = hashlib.sha256(f"{event_id} {number}".encode()).hexdigest()
        part.set_boundary(f"=_{seed[:40]}")


def _serialised(message: EmailMessage) -> bytes:
    buffer = BytesIO()
    BytesGenerator(buffer, mangle_from_=False, policy=POLICY).flatten(message)
    return buffer.getvalue()


def _ensure_same_headers(message: EmailMessage, content: bytes) -> None:
    read = message_from_bytes(content, policy=POLICY)
    if read_headers(message) != read_headers(read):
        raise Garbled
