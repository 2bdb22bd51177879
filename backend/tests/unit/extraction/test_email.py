"""Mail: headers, the readable body, names of attachments; broken mail as far as it goes."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from docuvault.domain.errors import ErrorCode
from docuvault.domain.media_types import EML
from tests.unit.extraction.conftest import Read

Failure = Callable[..., ErrorCode]


def test_a_real_file(read: Read, documents: Path) -> None:
    data = (documents / "testRFC822_multipart_attachments.eml").read_bytes()
    document = read(data, EML)
    assert document.pages[0].text == (
        "Subject: EML 1\nFrom: Bugs Bunny <Bugs.Bunny@acme.com>\n"
        "To: Bugs Bunny <Bugs.Bunny@acme.com>\n\n"
        "Hi,\n\nThis is test email for EML1\n\nThanks,\nChetan\n\n"
        "Attachments: Test TxtA.txt, Test TxtB.txt"
    )
    assert document.metadata["title"] == "EML 1"
    assert document.metadata["author"] == "Bugs Bunny <Bugs.Bunny@acme.com>"


def test_headers_are_decoded(read: Read) -> None:
    data = (
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n =?utf-8?q?_aus?= K\xc3\xb6ln\r\n"
        b"From: =?iso-8859-1?q?J=F6rg?= <j@example.org>\r\n"
        b"Date: Tue, 3 Nov 2020 10:00:00 +0100\r\n\r\nBody\r\n"
    )
    document = read(data, EML)
    assert document.metadata["subject"] == "Gr\u00fc\u00dfe aus K\u00f6ln"
    assert document.metadata["author"] == "J\u00f6rg <j@example.org>"
    assert document.metadata["created"] == "2020-11-03T10:00:00+01:00"
    assert document.pages[0].text.endswith("\n\nBody")


def test_a_body_of_html_only(read: Read) -> None:
    message = EmailMessage()
    message["Subject"] = "News"
    message.set_content(
        "<p>Hello <b>you</b></p><img src=http://example.org/pixel><script>x</script>",
        subtype="html",
    )
    assert read(bytes(message), EML).pages[0].text == "Subject: News\n\nHello you"


def test_alternatives_attachments_and_forwarded_mail(read: Read) -> None:
    inner = EmailMessage()
    inner["Subject"] = "Inner"
    inner.set_content("What was forwarded")
    message = EmailMessage()
    message["Subject"] = "Outer"
    message.set_content("The plain body")
    message.add_alternative("<p>The rich body</p>", subtype="html")
    message.add_attachment(inner)
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="../../etc/x.pdf")
    message.add_attachment("not read", filename="R\u00e9sum\u00e9.txt")
    text = read(bytes(message), EML).pages[0].text
    assert text == (
        "Subject: Outer\n\nThe plain body\n\nSubject: Inner\n\nWhat was forwarded\n\n"
        "Attachments: x.pdf, R\u00e9sum\u00e9.txt"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"Content-Type: multipart/mixed\n\nno boundary at all", "no boundary at all"),
        (
            b"Content-Type: multipart/mixed; boundary=a\n\n--a\n\nnever closed",
            "never closed",
        ),
        (b"Content-Type: text/plain; charset=nonsense\n\ncaf\xc3\xa9", "caf\u00e9"),
        (
            b"Content-Type: text/plain; charset*=utf-8''\xff%\n"
            b"Content-Transfer-Encoding: base64\n\nSGVsbG8",
            "Hello",
        ),
        (b"Content-Transfer-Encoding: base64\n\n!!!SGVsbG8=???", "Hello"),
        (b"Content-Transfer-Encoding: unheard-of\n\nas it is", "as it is"),
        (b"Content-Type: ;;;=\n\nstill text", "still text"),
        (b'From: <<<>>@@@,,,\nTo: "unclosed\nSubject: =?utf-8?b?!!!?=\n\nbody', "body"),
        (b"Subject: a\nSubject: b\nDate: not a date\n\nduplicate headers", "duplicate headers"),
        (b"no header, only words", "no header, only words"),
        (b"From someone Tue\nSubject: mbox\n\nwith a separator", "with a separator"),
    ],
)
def test_broken_mail(data: bytes, expected: str, read: Read) -> None:
    assert expected in read(data, EML).pages[0].text


def test_very_long_headers_are_capped(read: Read) -> None:
    data = b"Subject: " + b"=?utf-8?q?x?= " * 100_000 + b"\n" + b"X-A: 1\n" * 10_000 + b"\nbody"
    document = read(data, EML)
    assert len(document.metadata["subject"]) == 500
    assert document.pages[0].text.endswith("body")


@pytest.mark.parametrize("depth", [50, 10_000])
def test_parts_within_parts_without_end(depth: int, failure: Failure) -> None:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    assert failure(head + b"\ndeep", EML) is ErrorCode.NESTING_LIMIT


def test_mail_within_mail_without_end(failure: Failure) -> None:
    data = b"Content-Type: message/rfc822\n\n" * 200 + b"Subject: deepest\n\nbody"
    assert failure(data, EML) is ErrorCode.NESTING_LIMIT


def test_a_thousand_attachments(read: Read) -> None:
    part = b"--b\nContent-Disposition: attachment; filename=f%d\n\nx\n"
    parts = b"".join(part % number for number in range(1000))
    document = read(b"Content-Type: multipart/mixed; boundary=b\n\n" + parts + b"--b--", EML)
    assert "f199" in document.pages[0].text
    assert "f200" not in document.pages[0].text
    assert document.warnings == ("truncated",)


def test_sealed_parts_are_named(read: Read) -> None:
    data = b"Subject: s\nContent-Type: application/pkcs7-mime; name=smime.p7m\n\nAAAA"
    document = read(data, EML)
    assert document.warnings == ("encrypted_part",)
    assert "smime.p7m" in document.pages[0].text
