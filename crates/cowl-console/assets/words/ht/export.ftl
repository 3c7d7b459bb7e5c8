# Mesaj yo sou fòm lòt moun itilize, ak zòn ki soti lòt kote.

export-no-reports = Pa gen mesaj ki li nan pòs sa a: pa gen anyen pou ekspòte isit la.
export-what = Sa wòl { $role } gen dwa li jodi a, pou kat ak tablo lòt moun: anyen ki pi presi, pa gen idantifyan, pa gen psedonim, lè a nan minit.
export-precise = Ki jan chak chan presi
export-which = Kisa
export-counts = Kantite pou chak zòn
export-counts-help = Konbyen mesaj ki gen nan chak zòn, dapre koulè triyaj. Anba { $k } li ekri “<{ $k }”, epi total ki ta montre yon ti kantite pa parèt.
export-reports = Chak mesaj
export-reports-help = Moun ki resevwa fichye a li sa wòl sa a li. Bay li sèlman moun ou ta bay wòl la.
export-form = Fòm
export-geojson = GeoJSON
export-geojson-help = Pou kat: QGIS, uMap, Leaflet. Zòn yo ak kontou yo.
export-hxl = CSV ak etikèt HXL
export-hxl-help = Pou fèy kalkil ak zouti imanitè: yon liy etikèt anba tèt la.
export-cot = Cursor on Target
export-cot-help = Pou TAK. Yon evènman pou chak mesaj, nan mitan zòn li, ak reyon zòn nan. Li pa gen kantite.
export-since = Depi kilè
export-last-hour = Dènye èdtan an
export-last-six = Dènye sis èdtan yo
export-last-day = Dènye jou a
export-last-week = Dènye semèn nan
export-all = Tout sa ki konsève
export-logged = Jounal operasyon an note gen yon fichye k ap fèt, ak ki kalite, anvan li fèt.
export-told = M ap di otorite a fichye sa a fèt
export-told-help = Dosye operasyon an pa sou konsòl sa a: jounal li pa ka note sa poukont li.
export-not-told = Anyen pa fèt: otorite a dwe konnen chak ekspòtasyon. Tounen dèyè epi di w ap avèti l.
export-make = Fè fichye a
export-no-counts = Cursor on Target pa gen kantite: yon evènman se yon mesaj. Chwazi GeoJSON oswa CSV pou kantite.
export-busy = Yon lòt fichye ap fèt. Tann yon ti moman epi refè l.
export-too-large = Fichye a t ap twò gwo. Chwazi yon tan ki pi kout. Okenn fichye pa fèt.
export-unreadable = Mesaj ki konsève yo pa ka li. Okenn fichye pa fèt. Moun ki okipe konsòl la ka verifye yo ak: cowl archive check
export-gone = Fichye sa a pa la ankò. Refè l.
export-made = { $n ->
    [one] Fichye a fèt: yon mesaj ladan l oswa konte ladan l.
   *[other] Fichye a fèt: { $n } mesaj ladan l oswa konte ladan l.
}
export-no-place = { $n ->
    [one] Yon mesaj pa ladan l: li pa gen kote, epi fòm sa a bezwen youn.
   *[other] { $n } mesaj pa ladan l: yo pa gen kote, epi fòm sa a bezwen youn.
}
export-other-roles = { $n ->
    [one] Yon mesaj pa ladan l: wòl li pa li mesaj ankò.
   *[other] { $n } mesaj pa ladan l: wòl yo pa li mesaj ankò.
}
export-damaged = { $n ->
    [one] Yon mesaj pa ladan l: li domaje.
   *[other] { $n } mesaj pa ladan l: yo domaje.
}
export-save = Anrejistre fichye a ({ $n } KiB)
export-leaves = Yon fwa li anrejistre, fichye sa a deyò operasyon an: okenn retrè ak okenn lòd efase pa rive sou li. Efase l lè li fin sèvi.
export-gone-in = { $n ->
    [one] Ou ka anrejistre l pandan yon minit ankò.
   *[other] Ou ka anrejistre l pandan { $n } minit ankò.
}
export-another = Fè yon lòt fichye
export-zones = Enpòte zòn
export-zones-what = Ranplase kontou yon nivo zòn, pa egzanp ak komin patnè ou yo itilize. Tout moun resevwa yo ak pwochen manifès la; mesaj ki te voye anvan kenbe zòn pa yo.
export-zones-none = Règleman an pa gen okenn nivo zòn ak kontou. Pou gen youn, ekri polygons = "zones.geojson" nan yon nivo nan policy.toml.
export-zones-policy = policy.toml pa ka sèvi jan li ye a:
export-zones-level = Nivo zòn
export-zones-file = Fichye GeoJSON
export-zones-file-help = Poligòn an degre WGS 84, 2 MiB pi plis. Yo dwe antre nan manifès la: senplifye kontou ki gen twòp detay anvan.
export-zones-property = Pwopriyete ki gen non zòn nan (si se yon lòt)
export-zones-property-help = Vid: sa règleman an nonmen an.
export-zones-import = Verifye epi enpòte
export-zones-not-text = Fichye sa a pa tèks. Chwazi yon fichye GeoJSON. Anyen pa chanje.
export-zones-wrong = Zòn sa yo pa ka sèvi. Anyen pa chanje.
export-zones-done = { $n ->
    [one] Yon zòn pran.
   *[other] { $n } zòn pran.
}
export-zones-then = Yon nouvo manifès siyen. cowl serve bay tout moun li.
