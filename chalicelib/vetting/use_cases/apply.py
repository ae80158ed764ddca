"""What an applicant does. A file goes straight to the bucket and is looked at when it is registered: what is recorded
is what storage itself says, of the very content that is moved out of the sender's reach.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.audit import use_cases as audit
from chalicelib.audit.ports import Entry, Why
from chalicelib.kit.auth import Actor
from chalicelib.kit.errors import FieldError, NotFound
from chalicelib.kit.files import JPEG, PDF, PNG, SNIFFED, UPLOADS, WEBP, FilesDown, Replaced, UploadForm, sniff
from chalicelib.kit.idempotency import Once
from chalicelib.kit.ids import new_id
from chalicelib.kit.observability import log, metric
from chalicelib.kit.transaction import retrying
from chalicelib.vetting.ports import Application, Details, Document, Reason, Taken, VettingFile, VettingPorts
from chalicelib.vetting.problems import DocumentRefused, NotUploaded
from chalicelib.vetting.rules import application as rules
from chalicelib.vetting.use_cases._licences import held

SYSTEM = "system:vetting"
LICENCES = "licences"
"""Prefix of what was looked at: `licences/<account>/<document>.<of its hash>`, see `Document.file_name`."""
MOST_BYTES = 8 * 1024 * 1024  # a photograph of a page; a function reads it whole
FORM_LIFE = timedelta(minutes=10)
MEDIA = (JPEG, PNG, WEBP, PDF)


@dataclass(frozen=True)
class Form:
    """A form that takes one file, and what the file will be called."""

    document_id: str
    form: UploadForm
    expires_at: datetime


def mine(ports: VettingPorts, actor: Actor) -> VettingFile:
    """Return the caller's own application and what stands.

    Raises:
        NotFound: there is neither.
    """
    file = ports.store.file(actor.account_id)
    if file.application is None and file.standing is None:
        raise NotFound("application")
    return file


def describe(ports: VettingPorts, actor: Actor, details: Details) -> VettingFile:
    """Begin an application, or say something else in one that is not being looked at.

    Raises:
        NotPossible: it is in review.
    """

    def attempt() -> VettingFile:
        file, now = ports.store.file(actor.account_id), ports.clock.now()
        if file.application is None:
            new = rules.begun(actor.account_id, details, now)
        else:
            new = rules.edited(file.application, details, now)
        ports.committer.commit([ports.store.put(new)])
        return VettingFile(new, file.standing)

    return retrying(attempt)


def begin_upload(ports: VettingPorts, actor: Actor, media: str) -> Form:
    """Return a form for one file of a type of `MEDIA`. A repeat returns another one.

    Raises:
        NotFound: there is no application. NotPossible: it is in review. TooManyUploads: see `rules.given_form`.
    """

    def attempt() -> datetime:
        now = ports.clock.now()
        ports.committer.commit([ports.store.put(rules.given_form(_own(ports, actor), now))])
        return now

    now, document_id = retrying(attempt), new_id("doc")
    form = ports.files.upload_form(_upload(actor, document_id), media, MOST_BYTES, FORM_LIFE)
    return Form(document_id, form, now + FORM_LIFE)


def add_document(ports: VettingPorts, actor: Actor, document_id: str, once: Once) -> VettingFile:
    """Put an uploaded file into the application, once it is seen to be what it was said to be.

    The copy has a key that no form was made for, and is made only of the content that was looked at. Where the process
    dies before the write a repeat does the same over again, onto the same key. Of two at once, between which
    the file was sent again, each copies to a key of its own, and what is written down is what lies there.

    Raises:
        NotFound: there is no application. NotPossible: it is in review. TooManyDocuments: it has enough.
        NotUploaded: nothing new came, or it was sent again meanwhile. DocumentRefused: its content is of another type.
    """

    def attempt() -> VettingFile:
        file, now = ports.store.file(actor.account_id), ports.clock.now()
        application = _existing(file)
        # Its form may still be good: what was looked at, or approved, is not written over by what is sent after it.
        approved = {one.partition(".")[0] for one in file.standing.file_names} if file.standing else set()
        if document_id in {one.id for one in application.documents} | approved:
            raise NotUploaded
        # What the rules refuse is not read.
        rules.with_document(application, Document(document_id, JPEG, 0, ""), now)
        new = rules.with_document(application, _looked_at(ports, actor, document_id), now)
        after = VettingFile(new, file.standing)
        ports.committer.commit([ports.store.put(new), ports.idempotency.remember(once, after)])
        return after

    file = retrying(attempt)
    try:
        ports.files.delete(_upload(actor, document_id))
    except FilesDown:  # the bucket deletes it by itself
        log.warning("an upload stays for now", document_id=document_id)
    return file


def _looked_at(ports: VettingPorts, actor: Actor, document_id: str) -> Document:
    key = _upload(actor, document_id)
    stored = ports.files.head(key)
    if stored is None:
        raise NotUploaded
    try:
        is_sound = stored.size <= MOST_BYTES and stored.media in MEDIA
        if not is_sound or sniff(ports.files.first_bytes(key, SNIFFED, stored.tag)) != stored.media:
            ports.files.delete(key)
            metric("DocumentsRefused")
            raise DocumentRefused(errors=[FieldError("document_id", "not of the type that it was sent as")])
        digest = hashlib.sha256(ports.files.read(key, stored.tag)).hexdigest()
        document = Document(document_id, stored.media, stored.size, digest)
        ports.files.copy(key, f"{LICENCES}/{actor.account_id}/{document.file_name}", stored.tag)
    except Replaced as error:
        raise NotUploaded from error
    return document


def remove_document(ports: VettingPorts, actor: Actor, document_id: str) -> VettingFile:
    """Take a document out of the application, and have it erased unless the merchant was approved with it.

    Raises:
        NotFound: no application, or no such document in it. NotPossible: it is in review.
    """

    def attempt() -> VettingFile:
        file, now = ports.store.file(actor.account_id), ports.clock.now()
        application = _existing(file)
        gone = next((one for one in application.documents if one.id == document_id), None)
        if gone is None:
            raise NotFound("document")
        new = rules.without_document(application, document_id, now)
        actions = [ports.store.put(new)]
        if file.standing is None or gone.file_name not in file.standing.file_names:
            actions.append(ports.store.erase_later(actor.account_id, gone.file_name, now))
        ports.committer.commit(actions)
        return VettingFile(new, file.standing)

    return retrying(attempt)


def submit(ports: VettingPorts, actor: Actor, source_ip: str, once: Once) -> VettingFile:
    """Hand the application in. It is checked at once: rejected with all reasons, or left to a person.

    Raises:
        NotFound: there is none. NotPossible: it is handed in. DocumentsMissing, AppliedEnough: see `rules.submitted`.
    """

    def attempt() -> VettingFile:
        file, now = ports.store.file(actor.account_id), ports.clock.now()
        handed_in = rules.submitted(_existing(file), now)
        found = rules.faults(handed_in.details, ports.store.blocked(), now.date())
        if not found:
            try:
                passed = rules.passed(handed_in, ports.store.claim_of(handed_in.details), now)
                return _handed_in(ports, actor, source_ip, once, file, passed)
            except Taken:
                found = (Reason.LICENCE_TAKEN,)
        return _handed_in(ports, actor, source_ip, once, file, rules.failed(handed_in, found, now))

    file = retrying(attempt)
    metric("Applications", state=_existing(file).state)
    return file


def _handed_in(
    ports: VettingPorts, actor: Actor, source_ip: str, once: Once, before: VettingFile, new: Application
) -> VettingFile:
    name, after = f"application:{new.account_id}", VettingFile(new, before.standing)
    entries = [Why("handed in", source_ip).entry(actor, "vetting.submit", name)]
    if new.reasons:
        entries.append(Entry(SYSTEM, "vetting.reject", name, ", ".join(new.reasons), None))
    noted = [action for entry in entries for action in audit.noted(ports.audit, entry, new.since)]
    writes = [ports.store.put(new), *held(ports.store, before, new, before.standing)]
    ports.committer.commit([*writes, *noted, ports.idempotency.remember(once, after)])
    return after


def _own(ports: VettingPorts, actor: Actor) -> Application:
    return _existing(ports.store.file(actor.account_id))


def _existing(file: VettingFile) -> Application:
    if file.application is None:
        raise NotFound("application")
    return file.application


def _upload(actor: Actor, document_id: str) -> str:
    return f"{UPLOADS}/{actor.account_id}/{document_id}"
