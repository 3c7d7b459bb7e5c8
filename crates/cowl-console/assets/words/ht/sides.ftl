# Sa koutye a wè, ak sa ou wè.

sides-what = Agoch, se sa yon espyon ki abòne nan tout bagay jwenn: pa gen kle, sèlman oktè. Adwat, se sa kle ou yo louvri nan menm mesaj yo.
sides-what-own = Agoch, se sa koutye a genyen nan mesaj operasyon sa a: pa gen kle, sèlman oktè. Adwat, se sa kle ou yo louvri ladan yo.
sides-paused = Sa pa bouje pandan w ap li ladan l. Klike akote pou kontinye.
sides-left = Sa koutye a wè
sides-right = Sa ou wè
sides-waiting = Anyen poko rive.
sides-away = Nou pa ka jwenn koutye a kounye a.
sides-sum = Depi { $since } UTC: { $messages } mesaj sou { $topics } sijè, { $sizes } gwosè. Nan { $telling } ladan yo, kontni an di yon bagay san kle.
sides-in-topic = nan sijè a:
sides-public = pibliye pou tout moun
sides-nothing = moun pa ka li anyen
sides-bytes = { $n } oktè
sides-more = ak { $n } lòt oktè
sides-marked = Make
sides-marked-what = se sa zouti yon etranje ki pa konn anyen sou Cowl jwenn.
sides-not-here = Yon koutye wè tou ki moun ki konekte, ki adrès ak ki lè: sa pa sou paj sa a. Sa moun ka fè ak sa mezire anba Konfidansyalite.
sides-no-ear = Pèsonn pa koute koutye a isit la.
sides-no-ear-how = Lanse konsòl la ak dosye operasyon an, oswa ak kalifikasyon yon sekouris.
sides-protection = Pwoteksyon
sides-protection-what = Moun sa yo envante, kidonk nou ka retire pwoteksyon an. Chwazi youn epi gade bò gòch.
sides-preset-plain = okenn
sides-preset-fernet = yon sèl kle pataje
sides-preset-minimised = mwens chan
sides-preset-fernet-minimised = mwens chan, yon sèl kle pataje
sides-preset-cowl = Cowl
