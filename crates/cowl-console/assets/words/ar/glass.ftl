# كسر الزجاج.

glass-what = لا دور يقرأ كل شيء. ما لا يفتحه إلا الأمناء، مثل المكان الدقيق أو الاسم، يفتحه عدد منهم معًا، من بلاغ واحد، ولسبب. ويقول السجل ذلك قبل أن يحدث.
glass-how-to-ask = هل تحتاج إليه لبلاغ؟ اطلبه في صفحته ضمن العمليات، أو اكتب مسودة بالأمر: cowl glass request CREDENTIAL REPORT --by NAME --reason WHY. ثم سلّم الملف هنا. تنظر فيه السلطة.
glass-draft = ملف مسودة
glass-draft-help = كما كتبه cowl glass request. ينتهي اسمه بـ .draft
glass-draft-send = سلّمها
glass-draft-sign = استلمها
glass-drafts = بانتظار السلطة
glass-open = الطلبات
glass-none = لا يوجد طلب.
glass-request-of = طلب { $who }
glass-request = طلب
glass-over = انتهت مدته.
glass-answers = { $n ->
    [0] لم يوافق أحد بعد
    [one] وافق أمين واحد
    [two] وافق أمينان
    [few] وافق { $n } أمناء
   *[other] وافق { $n } أمينًا
}
glass-by = من يطلب
glass-reason = لماذا
glass-report = للبلاغ
glass-about = أرسله
glass-made = طُلب في
glass-expires = ينتهي في
glass-gone = لم يعد هذا الطلب هنا.
glass-not-draft = هذا الملف ليس مسودة طلب. لم يتغير شيء.
glass-not-answer = هذا الملف ليس جواب أمين. لم يتغير شيء.
glass-other-answer = هذا الجواب لطلب آخر. لم يتغير شيء.
glass-not-custodian = لا يفعل هذا إلا أمين، في مكانه هو.

glass-sign-title = أتترك القرار للأمناء؟
glass-sign-does = إذا وقّعت، يقول السجل إن أحدًا يطلب فتح بلاغ، من دون أسماء. عندها يستطيع الأمناء أن يجيبوا. لا يُفتح شيء بهذا.
glass-sign = وقّعه
glass-discard = ارمه

glass-custodian = أنت أمين. ترى من يطلب ولماذا، وتقرر وحدك. جوابك لا يفتح شيئًا بمفرده.
glass-request-file = ملف طلب
glass-request-help = إن أرسلت إليك السلطة ملفًا. ينتهي اسمه بـ .request
glass-request-look = انظر إليه
glass-answered = الأجوبة
glass-your-part = قرارك
glass-agree-does = إذا وافقت، تجيب حصتك عن هذا الطلب وحده. ومع ما يكفي من الأجوبة الأخرى تفتح السلطة هذا البلاغ وحده، لا غيره.
glass-again = حتى لو وافقت من قبل على فتح البلاغ نفسه
glass-agree = أوافق
glass-disagree = لا أوافق
glass-agreed = لقد وافقت.
glass-answer-file = احفظ جوابك في ملف، لسلطة على جهاز آخر

glass-authority = للسلطة
glass-send = احفظ الطلب، لترسله إلى أمناء على أجهزة أخرى
glass-answer = جواب أمين
glass-answer-help = كما كتبه cowl glass approve أو لوحة الأمين. ينتهي اسمه بـ .partial
glass-answer-add = أضف الجواب
glass-open-does = يفتح هذا البلاغ إذا وافق عدد كافٍ من الأمناء. أولًا يقول السجل كم كانوا وأن البلاغ فُتح. ثم يظهر هنا دقيقة واحدة، ولا يُحفظ في أي مكان.
glass-open-sure = أحتاج إلى رؤيته الآن
glass-open-now = افتحه واعرضه دقيقة واحدة
glass-open-not-sure = لم يُفتح شيء: لم تضع علامة في المربع.

glass-opened = ما فتحه الأمناء
glass-entries = ما يقوله السجل عنه
glass-agreed-by = وافق: { $names }
glass-plain = البلاغ
glass-cover = كان رسالة تمويه: لا تقول شيئًا.
glass-forgets = { $n ->
    [one] يُنسى بعد ثانية واحدة.
    [two] يُنسى بعد ثانيتين.
    [few] يُنسى بعد { $n } ثوانٍ.
   *[other] يُنسى بعد { $n } ثانية.
}
glass-forgotten = لقد نُسي. لتراه مرة أخرى افتحه مرة أخرى: سيقول السجل ذلك أيضًا.
glass-hide = أخفه الآن

glass-case = اطلب من الأمناء فتح المزيد منه
glass-case-title = اطلب من الأمناء فتح بلاغ
glass-case-newest = (أحدث بلاغاته)
glass-case-by-help = شخص أو فريق. يراه الأمناء.
glass-case-reason-help = يراه الأمناء ويقررون على أساسه. قله بوضوح؛ ولا مكان هنا لأسماء الناس إلا عند الحاجة.
glass-case-not-kept = ليس في الأرشيف من هذا البلاغ ما يستطيع الأمناء فتحه.
glass-case-words = يجب أن يقال من يطلب ولماذا بكلمات واضحة في سطر واحد. لم يُسلَّم شيء.
glass-case-asked = سُلِّم. تنظر فيه السلطة ثم توقّعه أو تتخلص منه.
