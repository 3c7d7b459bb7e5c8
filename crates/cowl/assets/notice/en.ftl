# What a person reads before she sends. Short sentences, no jargon. Each message must be in every language, with the same
# variables; a test says what is missing.

language = English
title = Before you send: who reads what, and why
operation = Operation: { $name }
fingerprint = Fingerprint of the organisation, to compare with the one that helpers show: { $fingerprint }
warning-dangerous = Attention: this operation runs without full protection. Others than those named here may be able to read what you send.

what-heading = What is sent
what-only = Only what is listed here leaves your device. Everything else is dropped.
field-purpose = Why: { $purpose }
field-basis = Legal basis: { $basis }
field-required = Needed: without it the report is not sent.
field-optional = You may leave it out.
field-choice = Off: not sent unless you say so.
field-nobody = Nobody reads it.
reads = { $role }: { $precision }

precision-exact = exactly as given
precision-decimals = { $decimals ->
    [0] rounded to a whole number
    [one] rounded to one decimal
   *[other] rounded to { $decimals } decimals
}
precision-step = rounded to steps of { $step }
precision-place-exact = your exact place
precision-place-decimals = { $decimals ->
    [0] your place, to about 100 kilometres
    [1] your place, to about 10 kilometres
    [2] your place, to about one kilometre
    [3] your place, to about 100 metres
    [4] your place, to about 10 metres
   *[other] your exact place
}
precision-zone = only the zone ({ $zone }); a larger one where fewer than { $k } people report
precision-zone-always = the zone ({ $zone }), even if you are alone there
precision-grain = the time, rounded down to { $duration }

readers-heading = Who reads it, and how long it is kept
reader = { $role }: { $purpose }
reader-kept = Kept for { $duration } at most.
reader-census = Gets only the zone, to count people. Never what you report.
readers-others = Nobody else can read it: not the network, not the server that passes it on, not the groups that are not named.
readers-outside = What others may still notice: that your device connects, from where, and when.

custody-heading = Only in an emergency
custody = { $m } of { $n } appointed people together can open this, of one report at a time, and each time is written down: { $fields }.
custody-purpose = Why: { $purpose }

choice-heading = Your choice
choice-help = Help does not depend on your choice. You are helped whatever you leave out.
choice-optional = You may leave out: { $fields }.
choice-off = Not sent unless you turn it on: { $fields }.
choice-withdraw = You can take it back. With a receipt you get twelve words; whoever gives them has erased what was sent under them. Keep them to yourself.
choice-undone = What helpers have already done with it cannot be undone.

ask-heading = Questions and complaints
ask-contact = Ask: { $contact }
ask-nobody = The organisation has named nobody to ask. Ask whoever gave you this device.
ask-rights = You may ask what is kept about you, have it corrected or erased, and complain to the data protection authority where there is one.

untranslated = Some texts are the organisation's own words, and there is no translation of them.

question-send = { $count ->
    [one] Send this report?
   *[other] Send these { $count } reports?
}
question-share = Send this too: { $field }?
answer-yes = yes
answer-no = no

receipt-code = Your twelve words. Write them down; nobody else has them, and nobody can give them to you again:

days = { $n ->
    [one] one day
   *[other] { $n } days
}
hours = { $n ->
    [one] one hour
   *[other] { $n } hours
}
minutes = { $n ->
    [one] one minute
   *[other] { $n } minutes
}
seconds = { $n ->
    [one] one second
   *[other] { $n } seconds
}

# The words of the policy that comes with Cowl, where an operation kept them.
label-temperature = Temperature
label-severity = How urgent it is
label-position = Where you are
label-battery = Battery
label-person = Name
label-contact = Phone number
label-note = Note
label-topic = Topic
label-time = Time
role-triage = Triage
role-medical = Medical
role-rescue = Rescue
role-census = Census
purpose-temperature = See fire, cold and fever
purpose-severity = Help the worst hurt first
purpose-position = Find you
purpose-battery = Know how long you can be reached
purpose-person = Call you by name and bring your family word
purpose-contact = Call you back
purpose-note = Whatever helpers must know
purpose-topic = Keep the tools of the helpers working
purpose-time = Tell old reports from new
purpose-triage = Decide who is helped first
purpose-medical = Treat the hurt
purpose-rescue = Find people and bring them out
purpose-census = Count how many report from each zone
purpose-custody = Find a person in acute danger who does not answer
basis-vital = GDPR Art. 6(1)(d), vital interests
basis-vital-health = GDPR Art. 6(1)(d) and 9(2)(c), vital interests

# In the notice of `cowl records` only; not part of what is hashed.
article-heading = What the law asks to be said beside it (GDPR Article 13)
article-controller = Responsible
article-representative = Representative in the European Union
article-officer = Data protection officer
article-authority = Authority to complain to
article-rights = You may also ask that the use of your data be limited, object to it, ask for a copy to take elsewhere, and take back a consent; what was done before stays lawful.
article-transfers = Sent to other countries or international organisations:
article-transfers-none = Nothing is sent to other countries or international organisations.
article-automatic = Here no machine decides about you. Urgent reports only travel first.
article-signed = Signed by the organisation
article-confirmed = The organisation has signed the text above, up to this list, with its manifest.
article-unconfirmed = The organisation has not signed this text with its manifest yet.
