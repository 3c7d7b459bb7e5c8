# Manm operasyon an, ak sa otorite a fè.

people-deeds = Sa ou ka fè
people-enrol = Anrejistre yon moun
people-lost = Yon telefòn oswa yon laptòp pèdi
people-reads = Kiyès ki te ka li kisa, ak kilè
people-rotate = Nouvo kle pou tout moun
people-counts = Konbyen
people-device = Aparèy
people-responder = Sekouris
people-gateway = Pasrèl
people-relay = Relè
people-invited = Envite, poko antre
people-revoked = Retire
people-expiring = { $n ->
    [one] Kle yon manm ap fini talè: li pa mande lòt.
   *[other] Kle { $n } manm ap fini talè: yo pa mande lòt.
}
people-late = { $n ->
    [one] Yon tikè fini epi pèsonn pa sèvi ak li.
   *[other] { $n } tikè fini epi pèsonn pa sèvi ak yo.
}
people-twice = { $n ->
    [one] Yon manm ap voye sou de machin: petèt yon moun kopye kle li yo.
   *[other] { $n } manm ap voye sou de machin: petèt yon moun kopye kle yo.
}
people-expiring-short = Kle yo ap fini talè
people-late-short = Tikè a fini
people-twice-short = Voye sou de machin
people-twice-help = Li voye sou de machin. Petèt yon moun kopye kle li yo: retire l, epi anrejistre l ankò.
people-show-them = Montre yo
people-all = Tout manm yo
people-name = Non
people-which = Kilès
people-find = Chèche
people-table = Manm yo
people-what = Kisa li ye
people-roles = Wòl
people-standing = Kijan li ye
people-asked = Dènye fwa li mande kle
people-keys = Li gen kle jiska
people-identities = Idantite
people-note = Nòt
people-none-found = Pa gen pèsonn konsa.
people-found = { $n } jwenn.
people-before = Sa ki anvan yo
people-further = Sa ki apre yo
people-is-member = Manm
people-is-invited = Envite jiska
people-is-revoked = Retire
people-nobody = Pa gen manm ki gen non sa a.
people-member = Manm
people-cancel = Pa fè anyen

people-exposed-if = Si yon lòt moun gen machin sa a
people-exposed-still = Sa moun ki gen machin sa a ka fè toujou
people-exposed-sends = Li ka voye jiskaske sekouris yo pran pwochen lis kle a: jiska { $time }, si cowl serve ap mache.
people-exposed-keys = Kle li yo dire jiska { $time }. Moun ki pran nouvo lis la pa aksepte sa li voye. Li pa li okenn rapò.
people-exposed-relay = Li ka dekouvri toujou sa telefòn yo ba li, epi li wè adrès rezo yo, jiska { $time }. Li pa li okenn rapò.
people-exposed-tokens = Li ka konekte ak jeton ki rete l yo jiska { $time }, epi li pa jwenn lòt.
people-exposed-opens = Li louvri rapò ki soti { $from } rive { $to }.
people-exposed-nothing = Li pa louvri anyen: li pa t janm gen kle.
people-exposed-copied = Si yo te kopye kle li yo anvan, rapò yon moun te anrejistre depi { $time } tou.
people-exposed-later = Li pa louvri anyen ki voye pita.
people-exposed-login = Non ak modpas sèvè a se pou tout moun, donk li ka konekte toujou.
people-exposed-login-tokens = Non ak modpas sèvè a se pou tout moun: li ka mande ak koute toujou, men li pa ka voye.

people-revoke = Retire manm sa a
people-revoke-does = Sa sa fè
people-revoke-keys = Li pa jwenn kle ankò, epi yo refize sa li voye.
people-revoke-others = Lòt moun pa bezwen fè anyen.
people-revoke-log = Jounal la di yo retire yon manm, san non li.
people-revoke-final = Sa pa ka defèt. Pou l tounen, anrejistre l ankò ak yon lòt non.
people-revoke-now = Retire l kounye a

people-enrol-how = Ou jwenn yon kòd QR. Yon machin ka antre ak li, yon sèl fwa. Pa gen kle ladan l.
people-enrol-again = Anrejistre nan plas li
people-name-help = Se otorite operasyon an sèl ki wè l. 100 lèt pou pi plis.
people-device-help = Voye pwòp rapò pa li.
people-responder-help = Li rapò wòl li yo.
people-gateway-help = Voye pou plizyè aparèy ki pa ka fè l pou kont yo.
people-relay-help = Pase sa telefòn yo voye, pou pèsonn pa wè ki kote l soti.
people-enrol-roles = Wòl yon sekouris li
people-enrol-devices = Aparèy yon pasrèl
people-enrol-at = Adrès kote moun antre
people-enrol-at-help = Kote cowl serve --http reponn, jan telefòn yo wè l.
people-enrol-valid = Tikè a bon pou
people-valid-hour = Inèdtan
people-valid-day = Yon jou
people-valid-week = Yon semèn
people-valid-month = Kat semèn
people-enrol-now = Fè tikè a
people-wrong-name = Ekri yon non ki gen 1 a 100 lèt.
people-wrong-taken = Yon manm te gen non sa a deja. Chwazi yon lòt.
people-wrong-roles = Chwazi omwen yon wòl operasyon an genyen.
people-wrong-devices = Yon pasrèl gen ant 1 ak 10 000 aparèy.
people-wrong-at = Sa a se pa yon adrès. Ekri yon non oswa yon nimewo ak pwen, ak yon pò: 192.0.2.7:8080
people-wrong-service = Operasyon an pa gen kle pou moun antre: fè manifest_size pi gwo nan policy.toml.
people-no-ticket = Pa gen tikè ki fèt. Eseye ankò.

people-ticket = Tikè
people-ticket-made = Tikè pou { $name } pare.
people-ticket-until = Li bon yon fwa, jiska { $time }.
people-ticket-scan = Fè nouvo manm lan eskane kòd sa a.
people-ticket-alt = Kòd QR tikè a. Liy anba a di menm bagay la.
people-ticket-type = Oswa tape: cowl join, apre sa liy sa a
people-ticket-secret = Moun ki gen kòd sa a ka antre nan plas moun sa a. Bay li tankou ou bay yon kle.
people-ticket-gone-in = { $n ->
    [one] Paj sa a bliye l nan yon minit.
   *[other] Paj sa a bliye l nan { $n } minit.
}
people-ticket-gone = Tikè sa a pa parèt ankò. Si pèsonn pa eskane l, anrejistre menm non an ankò: sa fè yon nouvo tikè.
people-ticket-hide = Kache l kounye a

people-rotate-when = Pou lè kle ki gen pou vini ka nan move men, pa egzanp yon kopi dosye roles. Pou yon telefòn ki pèdi, retire telefòn sa a pito.
people-rotate-from = Tout kle nouvo apati { $time }.
people-rotate-senders = { $n ->
    [one] Yon aparèy, pasrèl oswa relè dwe mande nouvo kle li anvan sa. Li fè l pou kont li.
   *[other] { $n } aparèy, pasrèl ak relè dwe mande nouvo kle yo anvan sa. Yo fè l pou kont yo.
}
people-rotate-responders = { $n ->
    [one] Yon sekouris jwenn nouvo kle li pou kont li.
   *[other] { $n } sekouris jwenn nouvo kle yo pou kont yo.
}
people-rotate-lost = { $n ->
    [one] Yon manm pa ka mande: anrejistre l ankò.
   *[other] { $n } manm pa ka mande: anrejistre yo ankò.
}
people-rotate-old = Moun ki gen ansyen kle yo ka louvri toujou sa ki te voye anvan.
people-rotate-serve = cowl serve dwe ap mache. Moun ki pa anrejistre bezwen nouvo manifès la.
people-rotate-sure = Mwen vle nouvo kle pou tout moun
people-rotate-now = Fè nouvo kle
people-rotate-not-sure = Anyen pa chanje: kare a pa t koche.
people-rotate-twice = Nouvo kle fèt deja. Anyen lòt pa chanje.
people-rotated = Li fèt: tout kle nouvo apati { $time }.
people-rotated-next = Kite cowl serve mache, epi bay moun ki pa anrejistre nouvo manifès la.

people-lost-why = Kat etap. Yo pran yon minit. Fè yo touswit: chak èdtan konte.
people-lost-1 = 1. Kilès li ye?
people-lost-2 = 2. Retire kle li yo
people-lost-3 = 3. Sa moun ki jwenn li oswa ki vòlè l ka fè toujou
people-lost-4 = 4. Yon nouvo
people-lost-name = Yon pati nan non li
people-lost-other = Se yon lòt
people-lost-revoked = Li fèt. Kle li yo retire.
people-lost-new = Bay mèt li yon nouvo tikè.
people-lost-after = Apre sa, bay mèt li yon nouvo tikè, sou paj sa a.

people-reads-how = Anvan, sa chak wòl ka li nan yon rapò, ak ki presizyon. Apre, kiyès ki te gen kle yo, depi kilè rive kilè. Moun ki te gen kle te ka kenbe sa l te li.
people-reads-policy = Dapre règ { $policy }, manifès { $manifest }.
people-reads-kept = Kenbe pou { $time } pou pi plis.
people-reads-census = Li jwenn zòn nan sèlman, pou konte moun. Jamè sa yo rapòte.
people-reads-no-reader = Pèsonn pa t gen kle sa yo.
people-reads-who = Kiyès ki te gen kle yo
people-reads-from = Depi
people-reads-until = Jiska
people-reads-now = kounye a
people-reads-what = Sa li li
people-reads-field = Chan
people-reads-precision = Ki presizyon
people-reads-custody = Gadyen
people-reads-custody-how = { $m } nan { $n } gadyen ansanm ka louvri sa a, yon sèl rapò alafwa. Chak fwa ekri nan jounal la.
people-reads-nobody = Sèvè a ak rezo a pa li anyen ladan l.
