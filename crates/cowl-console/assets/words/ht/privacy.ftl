# Paj konfidansyalite a.

privacy-card = Sa atakan yo ka fè
privacy-card-what = Chak kaz se pi mal yon advèsè rive fè nan yon kalite menas: 0 se devine, 1 se sèten. Sa ki konte se bout anwo entèval la, paske sa ki pa t montre piti ka gwo. Louvri yon kaz pou wè prèv li.
privacy-card-none = Pèsonn pa bay konsòl sa a yon odit. Anrejistre trafik ou, bay li nòt, epi lanse konsòl la ak fichye a:
privacy-card-caption = Soti nan { $before } rive nan { $after }
privacy-before = Anvan
privacy-after = Apre
privacy-compare = Konpare
privacy-then = apre sa
privacy-threat = Menas
privacy-linking = Konekte mesaj yon moun
privacy-identifying = Jwenn ki moun, oswa ki kote
privacy-non-repudiation = Pwouve ki moun ki voye l
privacy-detecting = Remake yon bagay rive
privacy-data-disclosure = Li sa ki ladan l
privacy-unawareness = Moun ki pa enfòme oswa ki pa tande
privacy-non-compliance = Règ ki pa respekte
privacy-by-network = Rezo, san TLS
privacy-by-network-tls = Rezo, anba TLS
privacy-by-broker = Koutye MQTT
privacy-by-subscriber = Abòne nan tout bagay
privacy-by-relay = Relè
privacy-by-gateway = Pasrèl
privacy-by-insider = Moun andedan ak yon aparèy
privacy-by-role = Wòl ki twò kirye
privacy-by-broker-role = Koutye ak yon wòl
privacy-by-relay-role = Relè ak yon wòl
privacy-by-stolen-phone = Telefòn vòlè pran
privacy-little = piti: mwens pase 0,15
privacy-some = yon ti kras: mwens pase 0,50
privacy-much = anpil: 0,50 oswa plis
privacy-unknown = nou pa konnen
privacy-not-measured = pa mezire
privacy-no-mechanism = pa gen mekanis
privacy-not-applicable = Advèsè sa a pa nan anrejistreman an.
privacy-back = Tounen nan tablo a
privacy-basis = Mezire sou { $configuration }: { $hours }, { $people }, { $messages }, grenn { $seed }.
privacy-read = Avantaj la: 0 se devine, 1 se sèten. Sa ki konte se bout anwo entèval li.
privacy-people = { $n ->
    [one] yon moun
   *[other] { $n } moun
}
privacy-colon = :
privacy-beside = akote kaz la, li pa konte ladan l
privacy-again = Pou mezire l ankò
privacy-advantage = Avantaj, ak entèval 95 % li
privacy-estimate = Estimasyon
privacy-chance = Devine rive nan
privacy-cases = Mezire sou
privacy-cases-of = { $cases } { $people }
privacy-cases-n = { $n ->
    [one] yon ka
   *[other] { $n } ka
}
privacy-of-people = { $n ->
    [one] pou yon moun
   *[other] pou { $n } moun
}
privacy-positive = Yon flit nou plante
privacy-negative = Etikèt nou melanje
privacy-passed = jan li dwe ye
privacy-failed = pa jan li dwe ye
privacy-seed = Grenn
privacy-unit-auc = (sifas anba koub la)
privacy-unit-share = (pati)
privacy-unit-bits = bit
privacy-unit-metres = mèt
privacy-unit-hours = èdtan
privacy-unit-seconds = segond
privacy-unit-count = (kantite)
privacy-plan = Sa pwoteksyon an koute
privacy-plan-what = Pasrèl yo voye yon mesaj nan chak tan, yon rapò oswa yon kouvèti. Tan kout: rapò yo pati vit, men chak jou koute plis done. Deplase kisè a pou wè sa yon tan koute ak sa li kite wè.
privacy-plan-default = Konsòl sa a pa gen dosye yon operasyon: chif sa yo se pou règ ki vini ak Cowl.
privacy-plan-caption = Tan yon pasrèl
privacy-plan-load = Tann lan se pou 100 moun dèyè yon pasrèl, 40 rapò pa jou chak, youn sou dis ijan; 95 sou 100 pati nan tan sa a. Konekte ak remake se limit anwo pou moun ki pa gen kle: 0 se devine, 1 se sèten.
privacy-slot = Tan
privacy-fast = vit
privacy-cheap = bon mache
privacy-show = Montre
privacy-now = { $day } pa jou pou chak pasrèl; rapò ijan pati nan { $urgent }; konekte { $linking }, remake { $detecting }.
privacy-day = Done pa jou
privacy-urgent = Rapò ijan pati nan
privacy-routine = Lòt yo pati nan
privacy-own = règ sa a
privacy-over = plis pase limit règ la
privacy-off = san tan
privacy-seconds = { $n } s
privacy-minutes = { $n } min
privacy-megabytes = { $n } Mo
privacy-as-reported = selon rapò yo
privacy-at-once = touswit
privacy-never = plis antre pase sa ki soti
privacy-measure = Mezire { $slot } kounye a
privacy-measure-how = Yon operasyon ak orè sa a simile epi atake sou machin sa a. Sa pran anviwon yon minit.
privacy-measured-how = Kijan nou mezire l:
privacy-measuring = n ap mezire l
privacy-not-yet = poko mezire
privacy-failed-to-measure = nou pa t ka mezire l
