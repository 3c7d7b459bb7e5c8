# What the broker sees, and what you see.

sides-what = On the left is what an eavesdropper gets who is subscribed to everything: no key, only bytes. On the right is what your keys open of the same messages.
sides-what-own = On the left is what the broker has of this operation’s messages: no key, only bytes. On the right is what your keys open of them.
sides-paused = This stands still while you read in it. Click beside it to go on.
sides-left = What the broker sees
sides-right = What you see
sides-waiting = Nothing came yet.
sides-away = The broker cannot be reached just now.
sides-sum = Since { $since } UTC: { $messages } on { $topics }, of { $sizes }. { $telling }
sides-messages = { $n ->
    [one] one message
   *[other] { $n } messages
}
sides-topics = { $n ->
    [one] one topic
   *[other] { $n } topics
}
sides-sizes = { $n ->
    [one] one size
   *[other] { $n } sizes
}
sides-telling = { $n ->
    [0] In none of them the content says anything without a key.
    [one] In one of them the content says something without a key.
   *[other] In { $n } of them the content says something without a key.
}
sides-in-topic = in the topic:
sides-public = published for everyone
sides-nothing = nothing can be read
sides-bytes = { $n ->
    [one] one byte
   *[other] { $n } bytes
}
sides-more = { $n ->
    [one] and one more byte
   *[other] and { $n } more bytes
}
sides-marked = Marked
sides-marked-what = is what a stranger’s tool found that knows nothing of Cowl.
sides-not-here = A broker also sees who connects, from which address and when: that is not on this page. What can be done with it is measured under Privacy.
sides-no-ear = Nobody listens to the broker here.
sides-no-ear-how = Start the console with the operation’s folder, or with the credential of a responder.
sides-protection = Protection
sides-protection-what = The people here are made up, so protection can be taken away. Choose one and watch the left side.
sides-preset-plain = none
sides-preset-fernet = one shared key
sides-preset-minimised = fewer fields
sides-preset-fernet-minimised = fewer fields, one shared key
sides-preset-cowl = Cowl
sides-layers = Cowl’s layers, one by one
sides-layers-what = Each can be taken off. Without slots the same messages leave at other times. Without any other layer the demonstration’s own sender makes them, with keys of its own: no real operation can. Below each stands what an eavesdropper counts: before the arrow with everything on, behind it since the last switch.
sides-layers-none = While Cowl is on, its layers can be taken off one by one.
sides-layer-padding = Padding
sides-what-padding = On: all messages are equally long. Off: the length tells what kind of report it is, and which messages are cover.
sides-layer-slots = Slots and cover
sides-what-slots = On: one message a second, a report or cover. Off: messages leave when people report, many at once when something happens.
sides-layer-tags = Changing tags
sides-what-tags = On: no message begins like another. Off: all messages of one sender begin alike.
sides-layer-topics = One topic for all
sides-what-topics = On: all send on the same topic. Off: each phone has a topic with its own number.
sides-layer-reducing = Reducing
sides-what-reducing = On: each role is sent what it needs, as coarsely as it may be. Off: each role is sent everything, exactly. As long as it is sealed, the left side only shows longer messages; the right side shows what a single stolen key would then open.
sides-layer-sealing = Sealing
sides-what-sealing = On: only who has a role’s key reads its part. Off: the same parts, and everyone can read them.
sides-layer-epochs = Changing pseudonyms
sides-what-epochs = Cannot be taken off here: a pseudonym lies inside what is sealed, and changes with the epoch. The left side would be the same.
sides-layer-connections = Fresh connections
sides-what-connections = Cannot be taken off here: this page shows messages, not connections. What connections tell is measured under Privacy.
sides-figure-padding = different lengths: { $value }
sides-figure-slots = messages in five seconds, fewest–most: { $value }
sides-figure-tags = messages that begin like one before: { $value }
sides-figure-topics = topics: { $value }
sides-figure-reducing = bytes of the longest message: { $value }
sides-figure-sealing = what the contents tell: { $value }
sides-tells-nothing = nothing
sides-change = { $before } → { $now }

# What can be read, and what a payload is written in, by the names that the auditor has for it.

sides-comma = ,
sides-kind-position = position
sides-kind-latitude = latitude
sides-kind-longitude = longitude
sides-kind-altitude = altitude
sides-kind-motion = motion
sides-kind-mgrs-cell = MGRS cell
sides-kind-h3-cell = H3 cell
sides-kind-geohash = geohash
sides-kind-place-name = place name
sides-kind-ip-address = IP address
sides-kind-mac-address = MAC address
sides-kind-phone-number = phone number
sides-kind-e-mail-address = e-mail address
sides-kind-persons-name = person’s name
sides-kind-user-id = user id
sides-kind-device-id = device id
sides-kind-client-id = client id
sides-kind-pseudonym = pseudonym
sides-kind-identifier = identifier
sides-kind-key-id = key id
sides-kind-credential = credential
sides-kind-severity = severity
sides-kind-health = health
sides-kind-demographic = demographic
sides-kind-timestamp = timestamp
sides-kind-temperature = temperature
sides-kind-battery = battery
sides-kind-number = number
sides-kind-flag = flag
sides-kind-word = word
sides-kind-free-text = free text
sides-kind-subject = subject
sides-form-empty = empty
sides-form-json = JSON
sides-form-key-value-text = key-value text
sides-form-separated-values = separated values
sides-form-a-number = a number
sides-form-text = text
sides-form-cbor = CBOR
sides-form-fernet-token = Fernet token
sides-form-json-web-token = JSON Web Token
sides-form-encrypted-json-web-token = encrypted JSON Web Token
sides-form-age-file = age file
sides-form-openpgp-message = OpenPGP message
sides-form-cms-enveloped-data = CMS enveloped data
sides-form-encrypted-cose = encrypted COSE
sides-form-owntracks-encrypted = OwnTracks encrypted
sides-form-meshtastic-encrypted = Meshtastic encrypted
sides-form-hexadecimal-text = hexadecimal text
sides-form-base64-text = base64 text
sides-form-gzip = gzip
sides-form-zlib = zlib
sides-form-zstd = zstd
sides-form-zip = zip
sides-form-png-image = PNG image
sides-form-jpeg-image = JPEG image
sides-form-pdf-document = PDF document
sides-form-binary = binary
