# Members of the operation, and what its authority does about them.

people-deeds = What you can do
people-enrol = Enrol somebody
people-lost = A phone or laptop is lost
people-reads = Who could read what, when
people-rotate = New keys for everyone
people-counts = How many
people-device = Device
people-responder = Responder
people-gateway = Gateway
people-relay = Relay
people-invited = Invited, not joined yet
people-revoked = Revoked
people-expiring = { $n ->
    [one] One member’s keys end soon: it has not asked for new ones.
   *[other] The keys of { $n } members end soon: they have not asked for new ones.
}
people-late = { $n ->
    [one] One ticket is over and nobody used it.
   *[other] { $n } tickets are over and nobody used them.
}
people-twice = { $n ->
    [one] One member sends from two machines: somebody may have copied its keys.
   *[other] { $n } members send from two machines: somebody may have copied their keys.
}
people-expiring-short = Keys end soon
people-late-short = Ticket is over
people-twice-short = Sends from two machines
people-twice-help = It sends from two machines. Somebody may have copied its keys: revoke it, and enrol it again.
people-show-them = Show them
people-all = All members
people-name = Name
people-which = Which
people-find = Find
people-table = Members
people-what = What it is
people-roles = Roles
people-standing = How it stands
people-asked = Last asked for keys
people-keys = Has keys until
people-identities = Identities
people-note = Note
people-none-found = Nobody fits.
people-found = { $n ->
    [one] One found.
   *[other] { $n } found.
}
people-before = Earlier ones
people-further = Further ones
people-is-member = Member
people-is-invited = Invited until
people-is-revoked = Revoked
people-nobody = No member has this name.
people-member = Member
people-cancel = Do nothing

people-exposed-if = If somebody else has this machine
people-exposed-still = What somebody who has this machine can still do
people-exposed-sends = It can send until responders take the next list of keys: until { $time }, if cowl serve is running.
people-exposed-keys = Its keys last until { $time }. Nobody who took the new list accepts what it sends. It reads no reports.
people-exposed-relay = It can still unwrap what phones hand to it, and sees their network addresses, until { $time }. It reads no reports.
people-exposed-tokens = It can connect with its unused tokens until { $time }, and gets no more.
people-exposed-opens = It opens reports from { $from } to { $to }.
people-exposed-nothing = It opens nothing: it never got keys.
people-exposed-copied = If its keys were copied earlier, also reports that somebody recorded since { $time }.
people-exposed-later = It opens nothing that is sent later.
people-exposed-login = The broker’s login is shared, so it can still connect.
people-exposed-login-tokens = The broker’s login is shared: it can still ask and listen, and cannot send.

people-revoke = Revoke this member
people-revoke-does = What this does
people-revoke-keys = It gets no more keys, and what it sends is refused.
people-revoke-others = Nobody else has to do anything.
people-revoke-log = The log says that a member was revoked, without the name.
people-revoke-final = It cannot be undone. To let it back in, enrol it again under another name.
people-revoke-now = Revoke now

people-enrol-how = You get a QR code. One machine can join with it, once. It holds no key itself.
people-enrol-again = Enrol in its place
people-name-help = Only this operation’s authority sees it. At most 100 letters.
people-device-help = Sends its own reports.
people-responder-help = Reads the reports of its roles.
people-gateway-help = Sends for several devices that cannot do it themselves.
people-relay-help = Passes on what phones send, so that nobody sees from where.
people-enrol-roles = Roles that a responder reads
people-enrol-devices = Devices of a gateway
people-enrol-at = Address where people join
people-enrol-at-help = Where cowl serve --http answers, as their phones see it.
people-enrol-valid = The ticket is good for
people-valid-hour = One hour
people-valid-day = One day
people-valid-week = One week
people-valid-month = Four weeks
people-enrol-now = Make the ticket
people-wrong-name = Write a name of 1 to 100 letters.
people-wrong-taken = A member had this name before. Choose another.
people-wrong-roles = Choose at least one role that the operation has.
people-wrong-devices = A gateway has between 1 and 10,000 devices.
people-wrong-at = This is not an address. Write a host or a number with dots, and a port: 192.0.2.7:8080
people-wrong-service = The operation has no key with which people can join: make manifest_size in policy.toml larger.
people-no-ticket = No ticket was made. Try again.

people-ticket = Ticket
people-ticket-made = The ticket for { $name } is ready.
people-ticket-until = It is good once, until { $time }.
people-ticket-scan = Let the new member scan this code.
people-ticket-alt = QR code of the ticket. The same is in the line below.
people-ticket-type = Or type: cowl join, and then this line
people-ticket-secret = Whoever has this code can join in that person’s place. Give it as you would give a key.
people-ticket-gone-in = { $n ->
    [one] This page forgets it in one minute.
   *[other] This page forgets it in { $n } minutes.
}
people-ticket-gone = This ticket is no longer shown. If nobody scanned it, enrol the same name again: that makes a new ticket.
people-ticket-hide = Hide it now

people-rotate-when = For when keys of later times may be in wrong hands, for example a copy of the folder roles. For a lost phone, revoke that phone instead.
people-rotate-from = All keys are new from { $time } on.
people-rotate-senders = { $n ->
    [one] One device, gateway or relay must ask for its new keys before that. It does so by itself.
   *[other] { $n } devices, gateways and relays must ask for their new keys before that. They do so by themselves.
}
people-rotate-responders = { $n ->
    [one] One responder gets its new keys by itself.
   *[other] { $n } responders get their new keys by themselves.
}
people-rotate-lost = { $n ->
    [one] One member cannot ask: enrol it again.
   *[other] { $n } members cannot ask: enrol them again.
}
people-rotate-old = Whoever has the old keys can still open what was sent before.
people-rotate-serve = cowl serve must be running. People who are not enrolled need the new manifest.
people-rotate-sure = I want new keys for everyone
people-rotate-now = Draw new keys
people-rotate-not-sure = Nothing was changed: the box was not ticked.
people-rotate-twice = New keys were drawn already. Nothing more was changed.
people-rotated = Done: all keys are new from { $time } on.
people-rotated-next = Keep cowl serve running, and give the new manifest to people who are not enrolled.

people-lost-why = Four steps. They take a minute. Do them at once: each hour counts.
people-lost-1 = 1. Which one is it?
people-lost-2 = 2. Take its keys away
people-lost-3 = 3. What a finder or thief can still do
people-lost-4 = 4. A new one
people-lost-name = Part of its name
people-lost-other = It is another one
people-lost-revoked = Done. Its keys are taken away.
people-lost-new = Give its owner a new ticket.
people-lost-after = Then give its owner a new ticket, on this page.

people-reads-how = First what each role may read of a report, and how exactly. Then who had the keys, from when to when. Whoever had keys may have kept what was read then.
people-reads-policy = By policy { $policy }, manifest { $manifest }.
people-reads-kept = Kept for { $time } at most.
people-reads-census = Gets only the zone, to count people. Never what they report.
people-reads-no-reader = Nobody has had these keys.
people-reads-who = Who had the keys
people-reads-from = From
people-reads-until = Until
people-reads-now = now
people-reads-what = What it reads
people-reads-field = Field
people-reads-precision = How exactly
people-reads-custody = Custodians
people-reads-custody-how = { $m } of { $n } custodians together can open this, of one report at a time. Each time is in the log.
people-reads-nobody = The broker and the network read none of it.
