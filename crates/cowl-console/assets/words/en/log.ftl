# The operation's log.

log-none = This operation has no log yet. It begins with the next change.
log-what = Every enrolment, revocation, new key, opened report and export is written here before it is done. Nothing can be changed or taken out without the check finding it.
log-kept = A checkpoint that you kept (if you have one)
log-kept-help = With it the check also finds whether something was cut off or replaced since then.
log-verify = Check the whole log
log-checkpoint = The newest checkpoint
log-size = Entries
log-root = Hash of all of them
log-key = Key by which others check it
log-keep = Save this checkpoint, and keep it somewhere else
log-entries = Entries, the newest first
log-number = Number
log-time = Time
log-event = What was done
log-who = Who
log-newer = Newer ones
log-older = Older ones
log-unknown = Something that this version does not know
log-created = The operation was made
log-begun = { $n ->
    [one] The log begins; one member was enrolled before it
   *[other] The log begins; { $n } members were enrolled before it
}
log-repaired = { $n ->
    [one] The machine stopped: the entry before this one may speak of what did not happen
   *[other] The machine stopped: the { $n } entries before this one may speak of what did not happen
}
log-manifest = Manifest { $n } was signed
log-enrolled-device = A device was enrolled or invited
log-enrolled-responder = A responder was enrolled or invited
log-enrolled-gateway = A gateway was enrolled or invited
log-enrolled-relay = A relay was enrolled or invited
log-retracted = An enrolment was taken back
log-joined = A member joined with a ticket
log-revoked-device = A device was revoked
log-revoked-responder = A responder was revoked
log-revoked-gateway = A gateway was revoked
log-revoked-relay = A relay was revoked
log-rotated = New keys for everyone
log-token-key = Token key of period { $n }
log-command = Command { $n } was given
log-glass-requested = Break glass: somebody asks. Request { $what }
log-glass-approved = Break glass: a custodian agrees. Request { $what }
log-glass-opened = Break glass: a report is opened. Request { $what }
log-exported = Exported: { $what }
log-erased = Erased: { $what }
log-shares = The authority’s keys were split into { $n } shares; { $m } of them bring them back
log-restored = The operation was rebuilt from shares or a backup
log-closed = The operation is over
log-verified = The log was checked
log-good = { $n ->
    [one] The one entry is as the authority signed it.
   *[other] All { $n } entries are as the authority signed them.
}
log-grew = { $n ->
    [one] It only grew since your checkpoint of one entry.
   *[other] It only grew since your checkpoint of { $n } entries.
}
log-unsigned = { $n ->
    [one] One more entry was written when the machine stopped. The next change signs it.
   *[other] { $n } more entries were written when the machine stopped. The next change signs them.
}
log-bad = { $n ->
    [one] One thing is wrong. This log is not what the authority signed, or not what you kept.
   *[other] { $n } things are wrong. This log is not what the authority signed, or not what you kept.
}
log-bad-help = Keep a copy of the folder before you do anything. Then see: cowl log repair --help
log-bad-checkpoint = A checkpoint cannot be believed: { $what }
log-bad-file = A file is missing or cut: { $what }
log-bad-entry = Entry { $n } is not the one that was signed
log-bad-hashes = Hashes do not fit the entries: { $what }
log-bad-root = The { $n } entries are not those that the checkpoint signs
log-bad-stray = A file that does not belong there: { $what }
log-bad-cut = Entries were cut off: there were { $had }, there are { $has }
log-bad-fork = There are two different logs of { $n } entries, both signed
log-bad-witness = A witness has not signed: { $what }
log-not-checkpoint = This file is no checkpoint. Choose the one that you saved here. Nothing was checked.
log-back = Back to the log
