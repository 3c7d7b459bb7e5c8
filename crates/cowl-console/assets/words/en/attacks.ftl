# What each attack of the audit asks, what its number means and what would lower it, for whoever is no engineer. Titles are those of
# docs/audits.md; what stands in quotation marks is called so in every language.

attacks-lower = What would lower it:
attacks-technical = Technical description

attacks-l1 = Are these messages of one person?
attacks-l1-what = Somebody takes two messages, or all that came under two pseudonyms, and says whether they are of one person. The number says how often what is of one person looks more alike than what is of two: 0.5 is guessing, 1 is always right.
attacks-l1-lower = Fewer things that stay the same, such as addresses and identifiers, and one pace for everybody, with covers among the reports. Delay alone helps little.

attacks-l2 = How long can a person be followed?
attacks-l2-what = Somebody strings together the messages that seem to be of one person. “longest-chain” is the number of hours for which a person can be followed without a mistake; 95 of 100 people are followed no longer than that. “b-cubed” says how well all chains together fit the people: 1 is without a fault.
attacks-l2-lower = Pseudonyms that change sooner, but only if the new one cannot be linked to the old one: that is what L1 measures.

attacks-i1 = Whom do four known places single out?
attacks-i1-what = Somebody knows where a person was at four moments: a neighbour, an employer, somebody with a photograph. The number is the share of people who can be picked out among all senders by that, less the mistakes: people picked out who do not use the service at all.
attacks-i1-lower = Places that only the role can open that needs them, coarser zones into which several people fit, pseudonyms that change sooner, and no address that outlives them. Blurring the places does little.

attacks-i2 = How well can the place be guessed?
attacks-i2-what = Somebody guesses from where a message was sent. The number is the distance in metres between the guess and the truth: the larger, the better for people. “fewest-reporting” and “fewest-residents” count people instead: how few are behind a place that a message names.
attacks-i2-lower = Places and zones sealed for the role that needs them, zones that are large enough, no topic for each zone, and one size for all messages.

attacks-n1 = Can a judge hold a message against its sender?
attacks-n1-what = Somebody is accused of having sent a message, and a judge sees what this adversary sees. Can the judge tell real messages from forged ones? At 0 the person can deny it, at 1 not. “authority-commands” is the other way round: whoever gave an order must answer for it, and 0 says that it can be proved.
attacks-n1-lower = Keys that both sides share instead of signatures, no address or identifier of one’s own at the broker, slots among which a forged message looks like a real one, and a broker that keeps no log.

attacks-de1 = Is something urgent happening?
attacks-de1-what = Nobody reads anything. And yet somebody says from sizes, times and connections whether something is urgent: with a person, at a place, or in a single message. 1 is always right; guessing reaches what the time of day tells by itself, at least 0.5.
attacks-de1-lower = One size for all messages, and slots that are always filled with a report or a cover, so that an urgent hour has no message more. No connection and no repetition that only urgent reports bring.

attacks-de2 = Does this person use the service?
attacks-de2-what = Somebody knows a person’s name, address or home and asks whether that person uses the service at all. For some people it is danger enough to be seen calling for help. 0.5 is guessing, 1 is always right; “outright” is the share of users whose name or address stands there in the clear.
attacks-de2-lower = A relay or a gateway, so that nobody sees the address; no name, account or home in the clear; places that many people share.

attacks-de3 = Which device, role or kind of message?
attacks-de3-what = Somebody tells from sizes and times alone which device it is, what kind of message, for which role, or behind which gateway. The number is the share of right guesses, beside what guessing blindly reaches. Variants that end in “bits” say the same in bits.
attacks-de3-lower = One size for all messages, covers too, slots that everybody keeps, and gateways that send for many. One size alone leaves the rhythm.

attacks-dd1 = Which fields can be read?
attacks-dd1-what = Of all that the device knew, what can this adversary read in the message, exactly or coarsely? The number is the share of fields that can be read; where the variant begins with “fields”, it is how many there are in a message. “not-needed” counts only those that no role needs.
attacks-dd1-lower = Not sending what nobody needs, sealing each field for the roles that need it, and no identifiers around the content.

attacks-dd2 = How many bits leak?
attacks-dd2-what = How much does one message help to guess, at the first try, who sent it, from which zone, or how severe it is? One bit means right twice as often as without the message, two bits four times as often. At 0 it helps nothing.
attacks-dd2-lower = One size for all messages, severity sealed, one topic for all, and no address, identifier or counter that lasts.

attacks-u1 = Were people told, and does withdrawal work?
attacks-u1-what = “told” is the share of what reaches this adversary that no notice had named to people before. “withdrawal” says for how many seconds after people withdraw this adversary can still read what they sent. For both, 0 is what is wanted.
attacks-u1-lower = Notices that also name the network’s and the broker’s part, given before the first report; fewer data for fewer recipients; keys that end with consent.

attacks-nc1 = Is what was erased gone?
attacks-nc1-what = “erased” is the share of erased and expired records that can still be opened, of those that somebody tried. “retention” is the share of stores that keep something for longer than they may. For both, 0 is what is wanted; where little was tried, the upper bound stays high.
attacks-nc1-lower = Erasing keys instead of copies, no backup that has both, no personal messages that the broker retains, and stores that erase by themselves.
