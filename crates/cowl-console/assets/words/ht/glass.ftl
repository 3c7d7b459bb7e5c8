# Kase vit.

glass-what = Pa gen wòl ki li tout bagay. Sa gadyen yo sèl ka louvri, tankou yon kote egzak oswa yon non, plizyè nan yo louvri l ansanm, pou yon sèl rapò, pou yon rezon. Jounal la di sa anvan l rive.
glass-how-to-ask = Ou bezwen l pou yon rapò? Mande sa sou pwòp paj li, anba Operasyon, oswa fè yon bouyon ak: cowl glass request CREDENTIAL REPORT --by NON --reason POUKISA. Apre sa remèt fichye a isit la. Otorite a gade l.
glass-draft = Fichye yon bouyon
glass-draft-help = Jan cowl glass request te ekri l. Non li fini ak .draft
glass-draft-send = Remèt li
glass-draft-sign = Pran l
glass-drafts = Ap tann otorite a
glass-open = Demann yo
glass-none = Pa gen okenn demann.
glass-request-of = Demann { $who }
glass-request = Demann
glass-over = Tan li fini.
glass-answers = { $n ->
    [0] Pèsonn poko dakò
    [one] Yon gadyen dakò
   *[other] { $n } gadyen dakò
}
glass-by = Kiyès ki mande
glass-reason = Poukisa
glass-report = Pou rapò
glass-about = Kiyès ki voye l
glass-made = Mande nan dat
glass-expires = Fini nan dat
glass-gone = Demann sa a pa isit la ankò.
glass-not-draft = Fichye sa a se pa yon bouyon demann. Anyen pa chanje.
glass-not-answer = Fichye sa a se pa repons yon gadyen. Anyen pa chanje.
glass-other-answer = Repons sa a se pou yon lòt demann. Anyen pa chanje.
glass-not-custodian = Se yon gadyen sèl ki ka fè sa, nan pwòp plas li.

glass-sign-title = Kite gadyen yo deside?
glass-sign-does = Si ou siyen, jounal la di yon moun mande pou louvri yon rapò, san non. Lè sa a gadyen yo ka reponn. Sa pa louvri anyen.
glass-sign = Siyen l
glass-discard = Jete l

glass-custodian = Ou se gadyen. Ou wè kiyès ki mande ak poukisa, epi ou deside pou kont ou. Repons ou pa louvri anyen pou kont li.
glass-request-file = Fichye yon demann
glass-request-help = Si otorite a te voye youn ba ou. Non li fini ak .request
glass-request-look = Gade l
glass-answered = Repons yo
glass-your-part = Desizyon pa ou
glass-agree-does = Si ou dakò, pati pa ou a reponn demann sa a sèlman. Ak ase lòt repons, otorite a louvri rapò sa a sèlman, pa gen lòt.
glass-again = Menm si m te dakò deja pou louvri menm rapò a
glass-agree = Mwen dakò
glass-disagree = Mwen pa dakò
glass-agreed = Ou dakò.
glass-answer-file = Anrejistre repons ou nan yon fichye, pou yon otorite ki sou yon lòt machin

glass-authority = Pou otorite a
glass-send = Anrejistre demann nan, pou voye l bay gadyen ki sou lòt machin
glass-answer = Repons yon gadyen
glass-answer-help = Jan cowl glass approve, oswa konsòl gadyen an, te ekri l. Non li fini ak .partial
glass-answer-add = Ajoute repons lan
glass-open-does = Sa louvri rapò a si ase gadyen dakò. Anvan, jounal la di konbyen yo te ye ak ke li louvri. Apre, li parèt isit la pandan yon minit, epi pa gen kote l rete.
glass-open-sure = Mwen bezwen wè l kounye a
glass-open-now = Louvri epi montre l yon minit
glass-open-not-sure = Anyen pa louvri: kare a pa t koche.

glass-opened = Sa gadyen yo louvri
glass-entries = Sa jounal la di sou sa
glass-agreed-by = Dakò: { $names }
glass-plain = Rapò a
glass-cover = Se te yon fo mesaj: li pa di anyen.
glass-forgets = { $n ->
    [one] Bliye nan yon segonn.
   *[other] Bliye nan { $n } segonn.
}
glass-forgotten = Li bliye. Pou wè l ankò, louvri l ankò: jounal la ap di sa tou.
glass-hide = Kache l kounye a

glass-case = Mande gadyen yo louvri plis ladan l
glass-case-title = Mande gadyen yo louvri yon rapò
glass-case-newest = (dènye rapò li)
glass-case-by-help = Yon moun, yon ekip. Gadyen yo wè sa.
glass-case-reason-help = Gadyen yo wè sa, epi se sou sa yo deside. Di l senp; non moun pa gen plas isit la si yo pa nesesè.
glass-case-not-kept = Achiv la pa gen anyen nan rapò sa a gadyen yo ta ka louvri.
glass-case-words = Fòk ou di kiyès ki mande ak poukisa, ak mo senp sou yon sèl liy. Anyen pa remèt.
glass-case-asked = Remèt. Otorite a ap gade l, epi siyen l oswa jete l.
