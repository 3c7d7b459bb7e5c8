# Jounal operasyon an.

log-none = Operasyon sa a poko gen jounal. Li kòmanse ak pwochen chanjman an.
log-what = Chak anrejistreman, chak retrè, chak nouvo kle, chak rapò ki louvri ak chak ekspòtasyon ekri isit la anvan l fèt. Pèsonn pa ka chanje anyen ni retire anyen san verifikasyon an pa wè l.
log-kept = Yon pwen kontwòl ou te kenbe (si ou genyen youn)
log-kept-help = Ak li, verifikasyon an wè tou si yo te koupe oswa ranplase yon bagay depi lè sa a.
log-verify = Verifye tout jounal la
log-checkpoint = Dènye pwen kontwòl la
log-size = Antre
log-root = Anprent tout antre yo
log-key = Kle lòt moun verifye l avè l
log-keep = Anrejistre pwen kontwòl sa a, epi kenbe l yon lòt kote
log-entries = Antre yo, dènye a an premye
log-number = Nimewo
log-time = Lè
log-event = Sa ki fèt
log-who = Kiyès
log-newer = Pi nouvo
log-older = Pi ansyen
log-unknown = Yon bagay vèsyon sa a pa konnen
log-created = Operasyon an fèt
log-begun = { $n ->
    [one] Jounal la kòmanse; yon manm te anrejistre anvan
   *[other] Jounal la kòmanse; { $n } manm te anrejistre anvan
}
log-repaired = { $n ->
    [one] Machin nan te kanpe: antre ki anvan an ka pale de yon bagay ki pa t fèt
   *[other] Machin nan te kanpe: { $n } antre ki anvan yo ka pale de yon bagay ki pa t fèt
}
log-manifest = Manifès { $n } siyen
log-enrolled-device = Yon aparèy anrejistre oswa envite
log-enrolled-responder = Yon sekouris anrejistre oswa envite
log-enrolled-gateway = Yon pasrèl anrejistre oswa envite
log-enrolled-relay = Yon relè anrejistre oswa envite
log-retracted = Yon anrejistreman anile
log-joined = Yon manm antre ak yon tikè
log-revoked-device = Yon aparèy retire
log-revoked-responder = Yon sekouris retire
log-revoked-gateway = Yon pasrèl retire
log-revoked-relay = Yon relè retire
log-rotated = Nouvo kle pou tout moun
log-token-key = Kle jeton pou peryòd { $n }
log-command = Lòd { $n } bay
log-glass-requested = Kase vit: yon moun mande. Demann { $what }
log-glass-approved = Kase vit: yon gadyen dakò. Demann { $what }
log-glass-opened = Kase vit: yon rapò louvri. Demann { $what }
log-exported = Ekspòte: { $what }
log-erased = Efase: { $what }
log-shares = Kle otorite a separe an { $n } pati; { $m } ladan yo ase pou jwenn yo ankò
log-restored = Operasyon an rebati ak pati yo oswa ak yon kopi
log-closed = Operasyon an fini
log-verified = Jounal la verifye
log-good = { $n ->
    [one] Sèl antre a jan otorite a te siyen l.
   *[other] Tout { $n } antre yo jan otorite a te siyen yo.
}
log-grew = Li sèlman grandi depi pwen kontwòl ou a, ki te gen { $n } antre.
log-unsigned = { $n } lòt antre te ekri lè machin nan te kanpe. Pwochen chanjman an siyen yo.
log-bad = { $n ->
    [one] Gen yon bagay ki pa bon. Jounal sa a se pa sa otorite a te siyen, oswa se pa sa ou te kenbe.
   *[other] Gen { $n } bagay ki pa bon. Jounal sa a se pa sa otorite a te siyen, oswa se pa sa ou te kenbe.
}
log-bad-help = Kenbe yon kopi dosye a anvan ou fè anyen. Apre sa gade: cowl log repair --help
log-bad-checkpoint = Yon pwen kontwòl moun pa ka kwè: { $what }
log-bad-file = Yon fichye manke oswa koupe: { $what }
log-bad-entry = Antre { $n } se pa sa ki te siyen an
log-bad-hashes = Anprent yo pa koresponn ak antre yo: { $what }
log-bad-root = { $n } antre yo se pa sa pwen kontwòl la siyen
log-bad-stray = Yon fichye ki pa dwe la: { $what }
log-bad-cut = Yo koupe antre: te gen { $had }, gen { $has }
log-bad-fork = Gen de jounal diferan ki gen { $n } antre, tou de siyen
log-bad-witness = Yon temwen pa siyen: { $what }
log-not-checkpoint = Fichye sa a se pa yon pwen kontwòl. Chwazi sa ou te anrejistre isit la. Anyen pa verifye.
log-back = Retounen nan jounal la
