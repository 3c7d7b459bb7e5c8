# أعضاء العملية، وما تفعله سلطتها.

people-deeds = ما يمكنك فعله
people-enrol = تسجيل عضو
people-lost = ضاع هاتف أو حاسوب
people-reads = من استطاع أن يقرأ ماذا، ومتى
people-rotate = مفاتيح جديدة للجميع
people-counts = العدد
people-device = جهاز
people-responder = مستجيب
people-gateway = بوابة
people-relay = مرحِّل
people-invited = مدعوون لم ينضموا بعد
people-revoked = ملغى
people-expiring = { $n ->
    [one] مفاتيح عضو واحد تنتهي قريبًا: لم يطلب غيرها.
    [two] مفاتيح عضوين تنتهي قريبًا: لم يطلبا غيرها.
   *[other] مفاتيح { $n } من الأعضاء تنتهي قريبًا: لم يطلبوا غيرها.
}
people-late = { $n ->
    [one] انتهت تذكرة ولم يستعملها أحد.
    [two] انتهت تذكرتان ولم يستعملهما أحد.
   *[other] انتهت { $n } من التذاكر ولم يستعملها أحد.
}
people-twice = { $n ->
    [one] عضو واحد يرسل من جهازين: ربما نسخ أحد مفاتيحه.
   *[other] { $n } من الأعضاء يرسلون من جهازين: ربما نسخ أحد مفاتيحهم.
}
people-expiring-short = المفاتيح تنتهي قريبًا
people-late-short = التذكرة انتهت
people-twice-short = يرسل من جهازين
people-twice-help = يرسل من جهازين. ربما نسخ أحد مفاتيحه: ألغه ثم سجّله من جديد.
people-show-them = اعرضهم
people-all = كل الأعضاء
people-name = الاسم
people-which = أيّهم
people-find = ابحث
people-table = الأعضاء
people-what = ما هو
people-roles = الأدوار
people-standing = وضعه
people-asked = آخر طلب للمفاتيح
people-keys = لديه مفاتيح حتى
people-identities = الهويات
people-note = ملاحظة
people-none-found = لا أحد يطابق ذلك.
people-found = { $n ->
    [0] لا نتائج.
    [one] نتيجة واحدة.
    [two] نتيجتان.
    [few] { $n } نتائج.
   *[other] { $n } نتيجة.
}
people-before = السابقون
people-further = التالون
people-is-member = عضو
people-is-invited = مدعو حتى
people-is-revoked = أُلغي في
people-nobody = لا يحمل أي عضو هذا الاسم.
people-member = عضو
people-cancel = لا تفعل شيئًا

people-exposed-if = إذا كان هذا الجهاز مع شخص آخر
people-exposed-still = ما يزال يستطيعه من معه هذا الجهاز
people-exposed-sends = يستطيع الإرسال حتى يأخذ المستجيبون قائمة المفاتيح التالية: حتى { $time }، إذا كان cowl serve يعمل.
people-exposed-keys = مفاتيحه صالحة حتى { $time }. من أخذ القائمة الجديدة لا يقبل ما يرسله. وهو لا يقرأ أي بلاغ.
people-exposed-relay = ما يزال يستطيع فك غلاف ما تسلمه الهواتف إليه، ويرى عناوينها في الشبكة، حتى { $time }. وهو لا يقرأ أي بلاغ.
people-exposed-tokens = يستطيع الاتصال بما بقي لديه من رموز حتى { $time }، ولا يحصل على غيرها.
people-exposed-opens = يفتح البلاغات من { $from } إلى { $to }.
people-exposed-nothing = لا يفتح شيئًا: لم يحصل على مفاتيح قط.
people-exposed-copied = إن نُسخت مفاتيحه من قبل، فيفتح أيضًا البلاغات التي سجّلها أحد منذ { $time }.
people-exposed-later = لا يفتح شيئًا مما يُرسل بعد ذلك.
people-exposed-login = كلمة دخول الخادم مشتركة، فما يزال يستطيع الاتصال.
people-exposed-login-tokens = كلمة دخول الخادم مشتركة: ما يزال يستطيع السؤال والاستماع، ولا يستطيع الإرسال.

people-revoke = إلغاء هذا العضو
people-revoke-does = ما يفعله هذا
people-revoke-keys = لا يحصل على مفاتيح بعد الآن، ويُرفض ما يرسله.
people-revoke-others = لا يحتاج أحد غيره إلى فعل شيء.
people-revoke-log = يقول السجل إن عضوًا أُلغي، من دون اسمه.
people-revoke-final = لا رجعة في ذلك. ليعود، سجّله من جديد باسم آخر.
people-revoke-now = ألغه الآن

people-enrol-how = تحصل على رمز QR. ينضم به جهاز واحد، مرة واحدة. لا مفتاح فيه.
people-enrol-again = سجّل بديلًا له
people-name-help = لا تراه إلا سلطة هذه العملية. مئة حرف على الأكثر.
people-device-help = يرسل بلاغاته هو.
people-responder-help = يقرأ بلاغات أدواره.
people-gateway-help = ترسل باسم أجهزة لا تستطيع ذلك بنفسها.
people-relay-help = يمرر ما ترسله الهواتف، فلا يرى أحد من أين جاء.
people-enrol-roles = الأدوار التي يقرأها المستجيب
people-enrol-devices = عدد أجهزة البوابة
people-enrol-at = العنوان الذي ينضم الناس عنده
people-enrol-at-help = حيث يجيب cowl serve --http كما تراه هواتفهم.
people-enrol-valid = مدة صلاحية التذكرة
people-valid-hour = ساعة واحدة
people-valid-day = يوم واحد
people-valid-week = أسبوع واحد
people-valid-month = أربعة أسابيع
people-enrol-now = أنشئ التذكرة
people-wrong-name = اكتب اسمًا من حرف إلى مئة حرف.
people-wrong-taken = حمل عضو هذا الاسم من قبل. اختر غيره.
people-wrong-roles = اختر دورًا واحدًا على الأقل من أدوار العملية.
people-wrong-devices = للبوابة من جهاز واحد إلى عشرة آلاف جهاز.
people-wrong-at = هذا ليس عنوانًا. اكتب اسمًا أو رقمًا بنقاط، ثم منفذًا: 192.0.2.7:8080
people-wrong-service = ليس للعملية مفتاح ينضم به الناس: كبّر manifest_size في policy.toml.
people-no-ticket = لم تُنشأ تذكرة. حاول مرة أخرى.

people-ticket = تذكرة
people-ticket-made = تذكرة { $name } جاهزة.
people-ticket-until = تصلح مرة واحدة، حتى { $time }.
people-ticket-scan = دع العضو الجديد يمسح هذا الرمز.
people-ticket-alt = رمز QR للتذكرة. السطر أدناه يقول الشيء نفسه.
people-ticket-type = أو اكتب: cowl join ثم هذا السطر
people-ticket-secret = من معه هذا الرمز ينضم مكان ذلك الشخص. سلّمه كما تسلّم مفتاحًا.
people-ticket-gone-in = { $n ->
    [one] تنساها هذه الصفحة بعد دقيقة واحدة.
    [two] تنساها هذه الصفحة بعد دقيقتين.
    [few] تنساها هذه الصفحة بعد { $n } دقائق.
   *[other] تنساها هذه الصفحة بعد { $n } دقيقة.
}
people-ticket-gone = لم تعد هذه التذكرة تُعرض. إن لم يمسحها أحد فسجّل الاسم نفسه من جديد: ينشئ ذلك تذكرة جديدة.
people-ticket-hide = أخفها الآن

people-rotate-when = لمّا يُحتمل أن مفاتيح قادمة وقعت في يد غريبة، مثل نسخة من المجلد roles. أما الهاتف الضائع فألغه وحده.
people-rotate-from = كل المفاتيح جديدة ابتداءً من { $time }.
people-rotate-senders = { $n ->
    [0] لا جهاز ولا بوابة ولا مرحِّل يحتاج إلى طلب مفاتيح.
    [one] على جهاز أو بوابة أو مرحِّل واحد أن يطلب مفاتيحه قبل ذلك. يفعل ذلك بنفسه.
   *[other] على { $n } من الأجهزة والبوابات والمرحِّلات أن تطلب مفاتيحها قبل ذلك. تفعل ذلك بنفسها.
}
people-rotate-responders = { $n ->
    [0] لا مستجيب يحتاج إلى مفاتيح.
    [one] مستجيب واحد يحصل على مفاتيحه بنفسه.
   *[other] { $n } من المستجيبين يحصلون على مفاتيحهم بأنفسهم.
}
people-rotate-lost = { $n ->
    [one] عضو واحد لا يستطيع الطلب: سجّله من جديد.
   *[other] { $n } من الأعضاء لا يستطيعون الطلب: سجّلهم من جديد.
}
people-rotate-old = من معه المفاتيح القديمة ما يزال يفتح ما أُرسل من قبل.
people-rotate-serve = يجب أن يعمل cowl serve. من ليسوا مسجلين يحتاجون إلى البيان الجديد.
people-rotate-sure = أريد مفاتيح جديدة للجميع
people-rotate-now = أنشئ مفاتيح جديدة
people-rotate-not-sure = لم يتغير شيء: لم تضع علامة في المربع.
people-rotate-twice = أُنشئت مفاتيح جديدة من قبل. لم يتغير شيء آخر.
people-rotated = تم: كل المفاتيح جديدة ابتداءً من { $time }.
people-rotated-next = أبقِ cowl serve يعمل، وأعطِ البيان الجديد لمن ليسوا مسجلين.

people-lost-why = أربع خطوات. تستغرق دقيقة. افعلها فورًا: كل ساعة مهمة.
people-lost-1 = ١. أيّها هو؟
people-lost-2 = ٢. خذ مفاتيحه
people-lost-3 = ٣. ما يزال يستطيعه من وجده أو سرقه
people-lost-4 = ٤. جهاز جديد
people-lost-name = جزء من اسمه
people-lost-other = هو غير هذا
people-lost-revoked = تم. أُخذت مفاتيحه.
people-lost-new = أعطِ صاحبه تذكرة جديدة.
people-lost-after = بعد ذلك أعطِ صاحبه تذكرة جديدة، في هذه الصفحة.

people-reads-how = أولًا ما يحق لكل دور أن يقرأه من البلاغ وبأي دقة. ثم من كانت معه المفاتيح، من متى إلى متى. من كانت معه مفاتيح ربما احتفظ بما قرأه.
people-reads-policy = بحسب السياسة { $policy }، البيان { $manifest }.
people-reads-kept = يُحفظ { $time } على الأكثر.
people-reads-census = يحصل على المنطقة فقط، ليعدّ الناس. ولا يرى أبدًا ما يبلّغون عنه.
people-reads-no-reader = لم تكن هذه المفاتيح مع أحد.
people-reads-who = من كانت معه المفاتيح
people-reads-from = من
people-reads-until = إلى
people-reads-now = الآن
people-reads-what = ما يقرأه
people-reads-field = الحقل
people-reads-precision = بأي دقة
people-reads-custody = الأمناء
people-reads-custody-how = { $m } من { $n } من الأمناء معًا يستطيعون فتح هذا، من بلاغ واحد في كل مرة. كل مرة مكتوبة في السجل.
people-reads-nobody = لا يقرأ الخادم ولا الشبكة شيئًا من هذا.
