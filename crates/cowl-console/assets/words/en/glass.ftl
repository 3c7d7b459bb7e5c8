# Break glass.

glass-what = No role reads everything. What only custodians may open, such as an exact place or a name, several of them open together, of one report, for a reason. The log says so before it happens.
glass-how-to-ask = Do you need it for a report? Ask on its own page under Operations, or make a draft with: cowl glass request CREDENTIAL REPORT --by NAME --reason WHY. Then hand the file in here. The authority looks at it.
glass-draft = A draft’s file
glass-draft-help = As cowl glass request wrote it. Its name ends in .draft
glass-draft-send = Hand in
glass-draft-sign = Take it in
glass-drafts = Waiting for the authority
glass-open = Requests
glass-none = There is no request.
glass-request-of = Request by { $who }
glass-request = Request
glass-over = Its time is over.
glass-answers = { $n ->
    [0] Nobody has agreed yet
    [one] One custodian has agreed
   *[other] { $n } custodians have agreed
}
glass-by = Who asks
glass-reason = Why
glass-report = For report
glass-about = Sent by
glass-made = Asked on
glass-expires = Ends on
glass-gone = This request is not here any more.
glass-not-draft = This file is no draft of a request. Nothing was changed.
glass-not-answer = This file is no custodian’s answer. Nothing was changed.
glass-other-answer = This answer is to another request. Nothing was changed.
glass-not-custodian = Only a custodian can do this, at a seat of his own.

glass-sign-title = Let custodians decide?
glass-sign-does = If you sign, the log says that somebody asks to open a report, without names. Then custodians may answer. You open nothing by this.
glass-sign = Sign it
glass-discard = Throw it away

glass-custodian = You are a custodian. You see who asks and why, and decide alone. Your answer opens nothing by itself.
glass-request-file = A request’s file
glass-request-help = If the authority sent you one. Its name ends in .request
glass-request-look = Look at it
glass-answered = Answers
glass-your-part = Your decision
glass-agree-does = If you agree, your share answers this one request. With enough other answers the authority opens this one report, and no other.
glass-again = Also if I agreed to open the same report before
glass-agree = I agree
glass-disagree = I do not agree
glass-agreed = You have agreed.
glass-answer-file = Save your answer as a file, for an authority on another machine

glass-authority = For the authority
glass-send = Save the request, to send it to custodians on other machines
glass-answer = A custodian’s answer
glass-answer-help = As cowl glass approve, or the custodian’s console, wrote it. Its name ends in .partial
glass-answer-add = Add the answer
glass-open-does = This opens the report if enough custodians agreed. First the log says how many they were and that it was opened. Then it is shown here for one minute, and kept nowhere.
glass-open-sure = I need to see it now
glass-open-now = Open and show for one minute
glass-open-not-sure = Nothing was opened: the box was not ticked.

glass-opened = What custodians opened
glass-entries = What the log says of it
glass-agreed-by = Agreed: { $names }
glass-plain = The report
glass-cover = It was cover: it says nothing.
glass-forgets = { $n ->
    [one] Forgotten in one second.
   *[other] Forgotten in { $n } seconds.
}
glass-forgotten = It is forgotten. To see it again, open it again: the log says that, too.
glass-hide = Hide it now

glass-case = Ask custodians to open more of it
glass-case-title = Ask custodians to open a report
glass-case-newest = (its newest report)
glass-case-by-help = A person, a team. Custodians see it.
glass-case-reason-help = Custodians see this, and decide by it. Say it plainly; names of people do not belong here unless they are needed.
glass-case-not-kept = The archive has nothing of this report that custodians could open.
glass-case-words = Who asks and why must be said, in plain words on one line. Nothing was handed in.
glass-case-asked = Handed in. The authority looks at it, and signs it or throws it away.
