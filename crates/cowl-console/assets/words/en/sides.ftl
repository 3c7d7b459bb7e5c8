# What the broker sees, and what you see.

sides-what = On the left is what an eavesdropper gets who is subscribed to everything: no key, only bytes. On the right is what your keys open of the same messages.
sides-what-own = On the left is what the broker has of this operation’s messages: no key, only bytes. On the right is what your keys open of them.
sides-paused = This stands still while you read in it. Click beside it to go on.
sides-left = What the broker sees
sides-right = What you see
sides-waiting = Nothing came yet.
sides-away = The broker cannot be reached just now.
sides-sum = Since { $since } UTC: { $messages } messages on { $topics } topics, of { $sizes } sizes. In { $telling } of them the content says something without a key.
sides-in-topic = in the topic:
sides-public = published for everyone
sides-nothing = nothing can be read
sides-bytes = { $n } bytes
sides-more = and { $n } more bytes
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
