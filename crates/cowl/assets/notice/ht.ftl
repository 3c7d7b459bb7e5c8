# Sa yon moun li anvan li voye.

language = Kreyòl ayisyen
title = Anvan ou voye: ki moun ki li kisa, e poukisa
operation = Operasyon: { $name }
fingerprint = Anprent òganizasyon an, pou konpare ak sa sekouris yo montre w la: { $fingerprint }
warning-dangerous = Atansyon: operasyon sa a mache san tout pwoteksyon yo. Gen lòt moun, ki pa nan lis sa a, ki ka rive li sa ou voye.

what-heading = Sa k ap voye
what-only = Se sèlman sa ki ekri isit la ki soti nan aparèy ou. Tout rès la efase.
field-purpose = Poukisa: { $purpose }
field-basis = Baz legal: { $basis }
field-required = Li nesesè: san li, mesaj la p ap voye.
field-optional = Ou pa oblije bay li.
field-choice = Li etenn: li p ap voye si ou pa di wi.
field-nobody = Pèsonn pa li l.
reads = { $role }: { $precision }

precision-exact = egzakteman jan ou bay li a
precision-decimals = { $decimals ->
    [0] awondi, san chif apre vigil la
    [1] awondi, ak yon sèl chif apre vigil la
   *[other] awondi, ak { $decimals } chif apre vigil la
}
precision-step = awondi pa etap { $step }
precision-place-exact = kote ou ye a egzakteman
precision-place-decimals = { $decimals ->
    [0] kote ou ye a, a 100 kilomèt konsa
    [1] kote ou ye a, a 10 kilomèt konsa
    [2] kote ou ye a, a yon kilomèt konsa
    [3] kote ou ye a, a 100 mèt konsa
    [4] kote ou ye a, a 10 mèt konsa
   *[other] kote ou ye a egzakteman
}
precision-zone = zòn nan sèlman ({ $zone }); yon zòn pi gwo kote ki gen mwens pase { $k } moun ki voye mesaj
precision-zone-always = zòn nan ({ $zone }), menm si ou poukont ou ladan l
precision-grain = lè a, awondi desann ({ $duration })

readers-heading = Ki moun ki li l, e konbyen tan yo kenbe l
reader = { $role }: { $purpose }
reader-kept = Yo kenbe l { $duration } pou pi plis.
reader-census = Li resevwa zòn nan sèlman, pou konte moun. Li pa janm resevwa sa ou di a.
readers-others = Pa gen okenn lòt moun ki ka li l: ni rezo a, ni sèvè ki pase l la, ni gwoup ki pa nan lis la.
readers-outside = Sa lòt moun ka remake kanmenm: aparèy ou konekte, ki kote l ye, ak ki lè.

custody-heading = Sèlman lè gen ijans
custody = { $m } moun sou { $n } moun yo deziyen, ansanm, ka louvri sa a, yon sèl mesaj alafwa, e chak fwa sa ekri nan rejis: { $fields }.
custody-purpose = Poukisa: { $purpose }

choice-heading = Chwa pa w
choice-help = Èd la pa depann de chwa ou. Y ap ede w kèlkeswa sa ou pa vle bay.
choice-optional = Ou pa oblije bay: { $fields }.
choice-off = Sa p ap voye si ou pa limen l: { $fields }.
choice-withdraw = Ou ka chanje lide. Ak yon resi, ou jwenn douz mo; moun ki bay mo sa yo fè efase sa ki te voye ak yo. Kenbe yo pou ou sèl.
choice-undone = Sa sekouris yo te deja fè ak enfòmasyon yo pa ka defèt.

ask-heading = Kesyon ak plent
ask-contact = Mande: { $contact }
ask-nobody = Òganizasyon an pa bay non pèsonn pou poze kesyon. Mande moun ki te ba ou aparèy la.
ask-rights = Ou ka mande ki sa yo kenbe sou ou, fè yo korije l oswa efase l, e pote plent bay otorite ki pwoteje done yo, kote ki genyen youn.

untranslated = Gen tèks ki se pwòp pawòl òganizasyon an, e ki pa tradui.

question-send = { $count ->
    [1] Voye mesaj sa a?
   *[other] Voye { $count } mesaj sa yo?
}
question-share = Voye sa tou: { $field }?
answer-yes = wi
answer-no = non

receipt-code = Men douz mo pa w yo. Ekri yo; pèsonn lòt pa gen yo, e pèsonn p ap ka ba ou yo ankò:

days = { $n ->
    [1] yon jou
   *[other] { $n } jou
}
hours = { $n ->
    [1] inèdtan
   *[other] { $n } èdtan
}
minutes = { $n ->
    [1] yon minit
   *[other] { $n } minit
}
seconds = { $n ->
    [1] yon segonn
   *[other] { $n } segonn
}

label-temperature = Tanperati
label-severity = Nan ki pwen li ijan
label-position = Kote ou ye
label-battery = Batri
label-person = Non
label-contact = Nimewo telefòn
label-note = Nòt
label-topic = Sijè teknik (topic)
label-time = Lè
role-triage = Triyaj
role-medical = Ekip medikal
role-rescue = Ekip sovtaj
role-census = Konte moun
purpose-temperature = Wè si gen dife, fredi oswa lafyèv
purpose-severity = Ede moun ki pi mal yo an premye
purpose-position = Jwenn ou
purpose-battery = Konnen konbyen tan yo ka toujou jwenn ou
purpose-person = Rele w pa non w epi bay fanmi w nouvèl
purpose-contact = Rele w tounen
purpose-note = Tout sa sekouris yo dwe konnen
purpose-topic = Pou zouti sekouris yo kontinye mache
purpose-time = Fè diferans ant ansyen mesaj ak nouvo mesaj
purpose-triage = Deside ki moun pou yo ede an premye
purpose-medical = Swaye moun ki blese yo
purpose-rescue = Jwenn moun yo epi mete yo deyò
purpose-census = Konte konbyen moun ki voye mesaj nan chak zòn
purpose-custody = Jwenn yon moun ki nan gwo danje epi ki pa reponn
basis-vital = RGPD, atik 6(1)(d), enterè vital
basis-vital-health = RGPD, atik 6(1)(d) ak 9(2)(c), enterè vital

# In the notice of `cowl records` only; not part of what is hashed.
article-heading = Sa lalwa mande pou yo di anplis (RGPD, atik 13)
article-controller = Responsab
article-representative = Reprezantan nan Inyon Ewopeyèn
article-officer = Moun ki reskonsab pwoteksyon done yo
article-authority = Otorite kote ou ka pote plent
article-rights = Ou ka mande tou pou yo limite jan yo sèvi ak done ou yo, di ou pa dakò, mande yon kopi pou ou pote lòt kote, epi retire konsantman ou; sa ki te fèt anvan rete legal.
article-transfers = Sa yo voye nan lòt peyi oswa bay òganizasyon entènasyonal:
article-transfers-none = Yo pa voye anyen nan lòt peyi ni bay òganizasyon entènasyonal.
article-automatic = Isit la okenn machin pa deside sou ou. Se sèlman mesaj ijan yo ki pase anvan.
article-signed = Òganizasyon an siyen
article-confirmed = Òganizasyon an siyen tèks ki anwo a, rive nan lis sa a, ak manifès li.
article-unconfirmed = Òganizasyon an poko siyen tèks sa a ak manifès li.
