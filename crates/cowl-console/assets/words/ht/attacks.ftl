# Sa chak atak nan odit la mande, sa chif li vle di, ak sa ki t ap fè l desann.

attacks-lower = Sa ki t ap fè l desann:
attacks-technical = Deskripsyon teknik (an angle)

attacks-l1 = Èske mesaj sa yo se pou yon sèl moun?
attacks-l1-what = Yon moun pran de mesaj, oswa tout sa ki vini sou de psedonim, epi li di si se yon sèl moun ki voye yo. Chif la di konbyen fwa sa ki soti nan yon sèl moun sanble plis pase sa ki soti nan de moun: 0,5 se devine, 1 se gen rezon toujou.
attacks-l1-lower = Mwens bagay ki rete menm jan, tankou adrès ak idantifyan, epi yon sèl ritm pou tout moun, ak fo mesaj nan mitan rapò yo. Voye mesaj yo an reta sèlman pa ede anpil.

attacks-l2 = Pandan konbyen tan yo ka swiv yon moun?
attacks-l2-what = Yon moun mete youn dèyè lòt mesaj ki sanble soti nan yon sèl moun. “longest-chain” se kantite èdtan yo ka swiv yon moun san fè erè; 95 moun sou 100, yo pa swiv yo pi lontan pase sa. “b-cubed” di kijan tout chenn yo ansanm koresponn ak moun yo: 1 se san okenn fot.
attacks-l2-lower = Psedonim ki chanje pi bonè, men sèlman si moun pa ka konekte nouvo a ak ansyen an: se sa L1 mezire.

attacks-i1 = Ki moun yo ka rekonèt gras a kat kote yo konnen?
attacks-i1-what = Yon moun konnen ki kote yon lòt te ye nan kat moman: yon vwazen, yon patwon, yon moun ki gen yon foto. Chif la se pati nan moun yo sa sifi pou rekonèt nan mitan tout moun ki voye, mwens erè yo: moun li deziye ki pa menm sèvi ak sèvis la.
attacks-i1-lower = Kote se sèlman wòl ki bezwen yo ki ka louvri yo, zòn ki pi laj kote plizyè moun ka antre, psedonim ki chanje pi bonè, ak okenn adrès ki dire pi lontan pase yo. Fè kote yo flou pa ede anpil.

attacks-i2 = Ak ki presizyon yo ka devine kote a?
attacks-i2-what = Yon moun devine ki kote yon mesaj soti. Chif la se distans an mèt ant sa li devine ak verite a: plis li gwo, plis moun yo pwoteje. “fewest-reporting” ak “fewest-residents” konte moun pito: konbyen moun, pou pi piti, ki dèyè yon kote yon mesaj nonmen.
attacks-i2-lower = Kote ak zòn ki sele pou wòl ki bezwen yo, zòn ki ase gran, pa gen yon sijè pou chak zòn, ak yon sèl gwosè pou tout mesaj.

attacks-n1 = Èske yon jij ka sèvi ak yon mesaj kont moun ki voye l?
attacks-n1-what = Yo akize yon moun li voye yon mesaj, epi yon jij wè sa advèsè sa a wè. Èske jij la ka rekonèt vrè mesaj yo nan mitan sa yo fabrike? Nan 0 moun nan ka nye, nan 1 li pa kapab. “authority-commands” se lekontrè: moun ki bay yon lòd dwe reponn pou li, epi 0 vle di yo ka pwouve l.
attacks-n1-lower = Kle de bò yo pataje olye de siyati, okenn adrès oswa idantifyan ki pou ou sèlman kay koutye a, tan kote yon mesaj yo fabrike sanble ak yon vrè, ak yon koutye ki pa kenbe jounal.

attacks-de1 = Èske gen yon bagay ijan k ap rive?
attacks-de1-what = Pèsonn pa li anyen. Men yon moun gade gwosè, lè ak koneksyon, epi li di si gen yon bagay ijan: pou yon moun, yon kote, oswa nan yon sèl mesaj. 1 se gen rezon toujou; devine rive nan sa lè jounen an di poukont li, omwen 0,5.
attacks-de1-lower = Yon sèl gwosè pou tout mesaj, ak tan ki toujou plen ak yon rapò oswa yon fo mesaj, pou yon èdtan ijan pa gen yon mesaj an plis. Okenn koneksyon ni repetisyon se rapò ijan sèlman ki fè yo.

attacks-de2 = Èske moun sa a sèvi ak sèvis la?
attacks-de2-what = Yon moun konnen non, adrès oswa kay yon lòt, epi li mande si moun sa a sèvi ak sèvis la. Pou kèk moun, se deja yon danje si yo wè w ap mande èd. 0,5 se devine, 1 se gen rezon toujou; “outright” se pati nan moun ki sèvi yo ki gen non yo oswa adrès yo ekri aklè.
attacks-de2-lower = Yon relè oswa yon pasrèl, pou pèsonn pa wè adrès la; okenn non, kont oswa kay ki ekri aklè; kote anpil moun pataje.

attacks-de3 = Ki aparèy, ki wòl oswa ki kalite mesaj?
attacks-de3-what = Ak gwosè ak lè sèlman, yon moun di ki aparèy li ye, ki kalite mesaj, pou ki wòl, oswa dèyè ki pasrèl. Chif la se pati repons ki bon yo, akote sa yon moun ki devine san gade rive fè. Varyant ki fini ak “bits” di menm bagay la an bit.
attacks-de3-lower = Yon sèl gwosè pou tout mesaj, fo mesaj yo tou, tan tout moun respekte, ak pasrèl ki voye pou anpil moun. Gwosè a sèlman kite ritm la parèt.

attacks-dd1 = Ki chan moun ka li?
attacks-dd1-what = Nan tout sa aparèy la te konnen, ki sa advèsè sa a ka li nan mesaj la, egzakteman oswa apeprè? Chif la se pati nan chan moun ka li yo; lè varyant la kòmanse ak “fields”, se konbyen ki genyen nan yon mesaj. “not-needed” konte sèlman sa okenn wòl pa bezwen.
attacks-dd1-lower = Pa voye sa pèsonn pa bezwen, sele chak chan pou wòl ki bezwen l yo, epi okenn idantifyan toutotou kontni an.

attacks-dd2 = Konbyen bit ki koule?
attacks-dd2-what = Konbyen yon sèl mesaj ede devine, nan premye kou a, ki moun ki voye l, nan ki zòn, oswa ki gravite li genyen? Yon bit vle di gen rezon de fwa pi souvan pase san mesaj la, de bit kat fwa pi souvan. Nan 0 li pa ede ditou.
attacks-dd2-lower = Yon sèl gwosè pou tout mesaj, gravite a sele, yon sèl sijè pou tout moun, ak okenn adrès, idantifyan oswa kontè ki dire.

attacks-u1 = Èske yo te enfòme moun yo, epi èske retrè a mache?
attacks-u1-what = “told” se pati nan sa ki rive jwenn advèsè sa a okenn avi pa t di moun yo anvan. “withdrawal” di pandan konbyen segond apre yon moun fin retire konsantman li advèsè sa a ka toujou li sa l te voye. Nan tou de, se 0 nou vle.
attacks-u1-lower = Avi ki nonmen pati rezo a ak koutye a tou, ki bay anvan premye rapò a; mwens done pou mwens moun; kle ki fini ak konsantman an.

attacks-nc1 = Èske sa yo te efase a disparèt?
attacks-nc1-what = “erased” se pati nan done ki efase oswa ki ekspire moun ka toujou louvri, nan sa yon moun te eseye yo. “retention” se pati nan depo ki kenbe yon bagay pi lontan pase sa yo gen dwa. Nan tou de, se 0 nou vle; kote yo pa eseye anpil, limit anwo a rete wo.
attacks-nc1-lower = Efase kle olye de kopi, okenn kopi sekou ki gen tou de, okenn mesaj pèsonèl koutye a kenbe, ak depo ki efase poukont yo.
