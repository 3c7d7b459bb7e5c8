# What stands around every page.

frame-name = Cowl console
frame-own-name = English
frame-skip = Skip to the content
frame-nav = Pages
frame-nav-operations = Operations
frame-nav-seat = My seat
frame-nav-sides = What the broker sees
frame-nav-privacy = Privacy
frame-language = Language
frame-switch = Change
frame-back = Back to the start
frame-continue = Continue
frame-refused = That was not done
frame-signed-in = You are signed in.
frame-signed-out = You are signed out.
frame-how-to-sign-in = To sign in, open a sign-in link. The person who started the console has them: they are shown when it starts, and the newest are in the file sign-in.txt of its folder. Each link works once.
frame-link-used = This link was used before, or it is too old. If it was not you who used it, tell the person who runs the console.
frame-link-not-renewed = The console cannot write its files, so nobody is signed in. Tell the person who runs it.
frame-nothing-here = There is no such page.
frame-not-authority = This needs the authority's link. Your link is for reading.
frame-not-this-seat = Your seat does not show this page.
frame-not-a-form = What was sent is not a form of this console. Nothing was changed.
frame-not-own-form = This form is from an earlier session. Open the page again and repeat it. Nothing was changed.
frame-too-large = What was sent is too large. Nothing was changed.
frame-too-slow = It took too long to arrive. Nothing was changed.
frame-seat-role = You see what this role may read, and nothing else: { $role }
frame-seat-none = You see no reports here: no role's keys are on this console.
frame-seat-authority = You also work for the authority: you can enrol and revoke people, draw new keys and check the log.
frame-seat-ends = You are signed out after one hour without a click, and after twelve hours in any case.
frame-exposed = Other machines can reach this console over plain HTTP. Whoever is on the way can read and change all that you see.
frame-sign-out = Sign out
frame-nav-people = People and keys
frame-nav-log = Log
frame-nav-glass = Break glass
frame-nav-export = Export
frame-failed = This could not be done. Nothing was changed. The operation says why:
frame-days = { $n ->
    [one] one day
   *[other] { $n } days
}
frame-hours = { $n ->
    [one] one hour
   *[other] { $n } hours
}
frame-minutes = { $n ->
    [one] one minute
   *[other] { $n } minutes
}
frame-seconds = { $n ->
    [one] one second
   *[other] { $n } seconds
}
