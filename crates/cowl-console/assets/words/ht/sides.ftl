# Sa koutye a wè, ak sa ou wè.

sides-what = Agoch, se sa yon espyon ki abòne nan tout bagay jwenn: pa gen kle, sèlman oktè. Adwat, se sa kle ou yo louvri nan menm mesaj yo.
sides-what-own = Agoch, se sa koutye a genyen nan mesaj operasyon sa a: pa gen kle, sèlman oktè. Adwat, se sa kle ou yo louvri ladan yo.
sides-paused = Sa pa bouje pandan w ap li ladan l. Klike akote pou kontinye.
sides-left = Sa koutye a wè
sides-right = Sa ou wè
sides-waiting = Anyen poko rive.
sides-away = Nou pa ka jwenn koutye a kounye a.
sides-sum = Depi { $since } UTC: { $messages } sou { $topics }, { $sizes }. { $telling }
sides-messages = { $n ->
    [one] yon mesaj
   *[other] { $n } mesaj
}
sides-topics = { $n ->
    [one] yon sijè
   *[other] { $n } sijè
}
sides-sizes = { $n ->
    [one] yon sèl gwosè
   *[other] { $n } gwosè
}
sides-telling = { $n ->
    [0] Nan okenn ladan yo kontni an pa di anyen san kle.
    [one] Nan youn ladan yo, kontni an di yon bagay san kle.
   *[other] Nan { $n } ladan yo, kontni an di yon bagay san kle.
}
sides-in-topic = nan sijè a:
sides-public = pibliye pou tout moun
sides-nothing = moun pa ka li anyen
sides-bytes = { $n ->
    [one] yon oktè
   *[other] { $n } oktè
}
sides-more = { $n ->
    [one] ak yon lòt oktè
   *[other] ak { $n } lòt oktè
}
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
sides-layers = Kouch Cowl yo, youn apre lòt
sides-layers-what = Ou ka retire yo chak. San tan yo, menm mesaj yo pati nan lòt moman. San nenpòt lòt kouch, se pwòp emetè demonstrasyon an ki fè yo, ak pwòp kle pa l: okenn operasyon reyèl pa kapab. Anba chak gen sa yon espyon konte: anvan flèch la lè tout bagay an plas, apre li depi dènye chanjman an.
sides-layers-none = Pandan Cowl chwazi, nou ka retire kouch li yo youn apre lòt.
sides-layer-padding = Ranplisaj
sides-what-padding = An plas: tout mesaj gen menm longè. Retire: longè a di ki kalite rapò li ye, ak ki mesaj ki fo.
sides-layer-slots = Tan ak fo mesaj
sides-what-slots = An plas: yon mesaj pa segonn, rapò oswa fo mesaj. Retire: mesaj yo pati lè moun rapòte, anpil ansanm lè yon bagay rive.
sides-layer-tags = Etikèt ki chanje
sides-what-tags = An plas: okenn mesaj pa kòmanse menm jan ak yon lòt. Retire: tout mesaj yon emetè kòmanse menm jan.
sides-layer-topics = Yon sèl sijè pou tout moun
sides-what-topics = An plas: tout moun voye sou menm sijè a. Retire: chak telefòn gen yon sijè ak pwòp nimewo pa l.
sides-layer-reducing = Rediksyon
sides-what-reducing = An plas: chak wòl resevwa sa li bezwen, ak mwens presizyon posib. Retire: chak wòl resevwa tout bagay, egzak. Toutotan li sele, bò gòch montre mesaj ki pi long sèlman; bò dwat montre sa yon sèl kle yo vòlè ta louvri.
sides-layer-sealing = Sele
sides-what-sealing = An plas: se sèl moun ki gen kle yon wòl ki li pati pa l. Retire: menm pati yo, tout moun ka li yo.
sides-layer-epochs = Psedonim ki chanje
sides-what-epochs = Nou pa ka retire sa isit la: yon psedonim anndan sa ki sele a, epi li chanje ak epòk la. Bò gòch t ap rete menm jan.
sides-layer-connections = Koneksyon toujou nèf
sides-what-connections = Nou pa ka retire sa isit la: paj sa a montre mesaj, pa koneksyon. Sa koneksyon yo di mezire anba Konfidansyalite.
sides-figure-padding = longè diferan: { $value }
sides-figure-slots = mesaj nan senk segonn, pi piti–plis: { $value }
sides-figure-tags = mesaj ki kòmanse tankou yon lòt anvan: { $value }
sides-figure-topics = sijè: { $value }
sides-figure-reducing = oktè pi long mesaj la: { $value }
sides-figure-sealing = sa kontni yo di: { $value }
sides-tells-nothing = anyen
sides-change = { $before } → { $now }

# Sa moun ka li, ak fòm yon kontni.

sides-comma = ,
sides-kind-position = pozisyon
sides-kind-latitude = latitid
sides-kind-longitude = lonjitid
sides-kind-altitude = altitid
sides-kind-motion = mouvman
sides-kind-mgrs-cell = kare MGRS
sides-kind-h3-cell = selil H3
sides-kind-geohash = geohash
sides-kind-place-name = non yon kote
sides-kind-ip-address = adrès IP
sides-kind-mac-address = adrès MAC
sides-kind-phone-number = nimewo telefòn
sides-kind-e-mail-address = adrès imel
sides-kind-persons-name = non yon moun
sides-kind-user-id = idantifyan itilizatè
sides-kind-device-id = idantifyan aparèy
sides-kind-client-id = idantifyan kliyan MQTT
sides-kind-pseudonym = psedonim
sides-kind-identifier = idantifyan
sides-kind-key-id = idantifyan kle
sides-kind-credential = modpas oswa jeton
sides-kind-severity = gravite
sides-kind-health = sante
sides-kind-demographic = laj, sèks oswa orijin
sides-kind-timestamp = dat ak lè
sides-kind-temperature = tanperati
sides-kind-battery = batri
sides-kind-number = nonm
sides-kind-flag = wi oswa non
sides-kind-word = mo
sides-kind-free-text = tèks lib
sides-kind-subject = kalite done
sides-form-empty = vid
sides-form-json = JSON
sides-form-key-value-text = tèks kle-valè
sides-form-separated-values = valè separe
sides-form-a-number = yon nonm
sides-form-text = tèks
sides-form-cbor = CBOR
sides-form-fernet-token = jeton Fernet
sides-form-json-web-token = jeton JSON Web Token
sides-form-encrypted-json-web-token = jeton JSON Web Token chifre
sides-form-age-file = fichye age
sides-form-openpgp-message = mesaj OpenPGP
sides-form-cms-enveloped-data = done nan anvlòp CMS
sides-form-encrypted-cose = COSE chifre
sides-form-owntracks-encrypted = OwnTracks chifre
sides-form-meshtastic-encrypted = Meshtastic chifre
sides-form-hexadecimal-text = tèks ekzadesimal
sides-form-base64-text = tèks base64
sides-form-gzip = gzip
sides-form-zlib = zlib
sides-form-zstd = zstd
sides-form-zip = zip
sides-form-png-image = imaj PNG
sides-form-jpeg-image = imaj JPEG
sides-form-pdf-document = dokiman PDF
sides-form-binary = binè
