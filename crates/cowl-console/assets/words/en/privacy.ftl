# The Privacy view: what attackers could do, and what the plan's slots cost and give.

privacy-card = What attackers can do
privacy-card-what = Each cell is the worst that one adversary reached in one sort of threat: 0 is guessing, 1 is certainty. What counts is the upper end of the interval, because what was not shown to be small may be large. Open a cell to see its evidence.
privacy-card-none = No audit was given to this console. Record your traffic, score it, and start the console with the file:
privacy-card-caption = From { $before } to { $after }
privacy-before = Before
privacy-after = After
privacy-compare = Compare
privacy-then = then
privacy-threat = Threat
privacy-linking = Linking messages of one person
privacy-identifying = Finding out who or where
privacy-non-repudiation = Proving who sent it
privacy-detecting = Noticing that something happened
privacy-data-disclosure = Reading the content
privacy-unawareness = People not told, or not heard
privacy-non-compliance = Rules not kept
privacy-by-network = Network, no TLS
privacy-by-network-tls = Network, under TLS
privacy-by-broker = Broker
privacy-by-subscriber = Subscriber to everything
privacy-by-relay = Relay
privacy-by-gateway = Gateway
privacy-by-insider = Insider with one device
privacy-by-role = Curious role
privacy-by-broker-role = Broker with a role
privacy-by-relay-role = Relay with a role
privacy-by-stolen-phone = Stolen phone
privacy-little = little: under 0.15
privacy-some = some: under 0.50
privacy-much = much: 0.50 or more
privacy-unknown = not known
privacy-not-measured = not measured
privacy-no-mechanism = no mechanism
privacy-not-applicable = This adversary is not in the recording.
privacy-back = Back to the scorecard
privacy-basis = Measured on { $configuration }: { $hours }, { $people }, { $messages }, seed { $seed }.
privacy-read = Advantage: 0 is guessing, 1 is certainty. What counts is the upper end of its interval.
privacy-people = { $n ->
    [one] one person
   *[other] { $n } people
}
privacy-colon = :
privacy-beside = beside the cell, not counted in it
privacy-again = To measure it again
privacy-advantage = Advantage, with its 95 % interval
privacy-estimate = Estimate
privacy-chance = Guessing reaches
privacy-cases = Measured on
privacy-cases-of = { $cases } { $people }
privacy-cases-n = { $n ->
    [one] one case
   *[other] { $n } cases
}
privacy-of-people = { $n ->
    [one] of one person
   *[other] of { $n } people
}
privacy-positive = A planted leak
privacy-negative = Shuffled labels
privacy-passed = as it must be
privacy-failed = not as it must be
privacy-seed = Seed
privacy-unit-auc = (area under the curve)
privacy-unit-share = (share)
privacy-unit-bits = bits
privacy-unit-metres = metres
privacy-unit-hours = hours
privacy-unit-seconds = seconds
privacy-unit-count = (count)
privacy-plan = What protection costs
privacy-plan-what = Gateways send one message in every slot, a report or a cover. Short slots: reports leave soon, and every day costs more data. Move the slider to see what a slot costs and what it leaves to see.
privacy-plan-default = This console has no operation's folder: these numbers are those of the policy that comes with Cowl.
privacy-plan-caption = Slots of one gateway
privacy-plan-load = The waiting is that of 100 people behind one gateway with 40 reports a day each, one in ten urgent; 95 of 100 leave within it. Linking and detecting are upper bounds for whoever has no key: 0 is guessing, 1 is certainty.
privacy-slot = Slot
privacy-fast = soon
privacy-cheap = cheap
privacy-show = Show
privacy-now = { $day } a day for each gateway; urgent reports leave within { $urgent }; linking { $linking }, detecting { $detecting }.
privacy-day = Data a day
privacy-urgent = Urgent reports leave within
privacy-routine = Others leave within
privacy-own = this policy
privacy-over = over the policy's limit
privacy-off = no slots
privacy-seconds = { $n } s
privacy-minutes = { $n } min
privacy-megabytes = { $n } MB
privacy-as-reported = as much as is reported
privacy-at-once = at once
privacy-never = more come than leave
privacy-measure = Measure { $slot } now
privacy-measure-how = An operation with this schedule is simulated and attacked on this machine. It takes about a minute.
privacy-measured-how = How it was measured:
privacy-measuring = being measured
privacy-not-yet = not measured yet
privacy-failed-to-measure = could not be measured
