# ما يقرؤه الشخص قبل الإرسال.

language = العربية
title = قبل الإرسال: من يقرأ ماذا، ولماذا
operation = العملية: { $name }
fingerprint = بصمة المنظمة، لمقارنتها بالبصمة التي يعرضها المسعفون: { $fingerprint }
warning-dangerous = تنبيه: تعمل هذه العملية من دون حماية كاملة. قد يتمكن آخرون غير المذكورين هنا من قراءة ما ترسله.

what-heading = ما الذي يُرسَل
what-only = لا يغادر جهازك إلا ما هو مذكور هنا. وكل ما عدا ذلك يُحذف.
field-purpose = لماذا: { $purpose }
field-basis = الأساس القانوني: { $basis }
field-required = ضروري: لا يُرسَل البلاغ من دونه.
field-optional = يمكنك عدم ذكره.
field-choice = غير مفعَّل: لا يُرسَل إلا بموافقتك.
field-nobody = لا يقرؤه أحد.
reads = { $role }: { $precision }

precision-exact = كما تذكره تمامًا
precision-decimals = { $decimals ->
    [0] مقرَّبًا إلى عدد صحيح
    [one] مقرَّبًا إلى منزلة عشرية واحدة
    [two] مقرَّبًا إلى منزلتين عشريتين
    [few] مقرَّبًا إلى { $decimals } منازل عشرية
   *[other] مقرَّبًا إلى { $decimals } منزلة عشرية
}
precision-step = مقرَّبًا بخطوات قدرها { $step }
precision-place-exact = مكانك بالضبط
precision-place-decimals = { $decimals ->
    [0] مكانك، بدقة 100 كيلومتر تقريبًا
    [1] مكانك، بدقة 10 كيلومترات تقريبًا
    [2] مكانك، بدقة كيلومتر واحد تقريبًا
    [3] مكانك، بدقة 100 متر تقريبًا
    [4] مكانك، بدقة 10 أمتار تقريبًا
   *[other] مكانك بالضبط
}
precision-zone = المنطقة فقط ({ $zone })؛ ومنطقة أكبر إذا كان عدد من يرسلون منها أقل من { $k }
precision-zone-always = المنطقة ({ $zone })، حتى لو كنت وحدك فيها
precision-grain = الوقت، مقرَّبًا إلى الأسفل ({ $duration })

readers-heading = من يقرؤه، وكم من الوقت يُحفظ
reader = { $role }: { $purpose }
reader-kept = أقصى مدة للحفظ: { $duration }.
reader-census = لا يتلقى إلا المنطقة، لعدّ الأشخاص. ولا يتلقى أبدًا ما تبلّغ عنه.
readers-others = لا يستطيع أحد غيرهم قراءته: لا الشبكة، ولا الخادم الذي ينقله، ولا المجموعات غير المذكورة.
readers-outside = ما قد يلاحظه الآخرون مع ذلك: أن جهازك يتصل، ومن أين، ومتى.

custody-heading = في حالات الطوارئ فقط
custody = يستطيع { $m } من أصل { $n } من الأشخاص المعيَّنين، مجتمعين، فتح ما يلي، من بلاغ واحد في كل مرة، ويُسجَّل ذلك كل مرة: { $fields }.
custody-purpose = لماذا: { $purpose }

choice-heading = القرار لك
choice-help = لا تتوقف المساعدة على قرارك. ستتلقى المساعدة مهما كان ما تختار عدم ذكره.
choice-optional = يمكنك عدم ذكر: { $fields }.
choice-off = لا يُرسَل إلا إذا فعَّلته: { $fields }.
choice-withdraw = يمكنك التراجع. مع الإيصال تحصل على اثنتي عشرة كلمة؛ ومن يقدّمها يُمحَ كل ما أُرسل بها. احتفظ بها لنفسك.
choice-undone = لا يمكن التراجع عما فعله المسعفون بهذه المعلومات من قبل.

ask-heading = الأسئلة والشكاوى
ask-contact = جهة الاتصال: { $contact }
ask-nobody = لم تحدد المنظمة أحدًا للرد على الأسئلة. اسأل من أعطاك هذا الجهاز.
ask-rights = يحق لك أن تسأل عما يُحفظ عنك، وأن تطلب تصحيحه أو محوه، وأن تشتكي إلى سلطة حماية البيانات حيثما وُجدت.

untranslated = بعض النصوص هي كلام المنظمة نفسها، ولا توجد ترجمة لها.

question-send = { $count ->
    [one] هل يُرسَل هذا البلاغ؟
    [two] هل يُرسَل هذان البلاغان؟
    [few] هل تُرسَل هذه البلاغات ({ $count })؟
   *[other] هل تُرسَل هذه البلاغات ({ $count })؟
}
question-share = هل يُرسَل هذا أيضًا: { $field }؟
answer-yes = نعم
answer-no = لا

receipt-code = كلماتك الاثنتا عشرة. اكتبها؛ لا يملكها أحد غيرك، ولا يستطيع أحد أن يعطيك إياها مرة أخرى:

days = { $n ->
    [one] يوم واحد
    [two] يومان
    [few] { $n } أيام
    [many] { $n } يومًا
   *[other] { $n } يوم
}
hours = { $n ->
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $n } ساعات
   *[other] { $n } ساعة
}
minutes = { $n ->
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $n } دقائق
   *[other] { $n } دقيقة
}
seconds = { $n ->
    [one] ثانية واحدة
    [two] ثانيتان
    [few] { $n } ثوانٍ
   *[other] { $n } ثانية
}

label-temperature = درجة الحرارة
label-severity = درجة الاستعجال
label-position = مكان وجودك
label-battery = البطارية
label-person = الاسم
label-contact = رقم الهاتف
label-note = ملاحظة
label-topic = الموضوع التقني (topic)
label-time = الوقت
role-triage = الفرز
role-medical = الفريق الطبي
role-rescue = فريق الإنقاذ
role-census = العدّ
purpose-temperature = معرفة وجود حريق أو برد أو حمّى
purpose-severity = مساعدة أصحاب أخطر الإصابات أولًا
purpose-position = العثور عليك
purpose-battery = معرفة كم من الوقت يمكن الوصول إليك
purpose-person = مناداتك باسمك وإبلاغ أسرتك بأخبارك
purpose-contact = معاودة الاتصال بك
purpose-note = كل ما يجب أن يعرفه المسعفون
purpose-topic = إبقاء أدوات المسعفين عاملة
purpose-time = تمييز البلاغات القديمة من الجديدة
purpose-triage = تحديد من يُساعَد أولًا
purpose-medical = علاج المصابين
purpose-rescue = العثور على الناس وإخراجهم
purpose-census = عدّ من يرسلون من كل منطقة
purpose-custody = العثور على شخص في خطر شديد لا يجيب
basis-vital = اللائحة العامة لحماية البيانات، المادة 6(1)(د)، المصالح الحيوية
basis-vital-health = اللائحة العامة لحماية البيانات، المادتان 6(1)(د) و9(2)(ج)، المصالح الحيوية

# In the notice of `cowl records` only; not part of what is hashed.
article-heading = ما يطلب القانون قوله أيضًا (اللائحة العامة لحماية البيانات، المادة 13)
article-controller = المسؤول
article-representative = الممثل في الاتحاد الأوروبي
article-officer = مسؤول حماية البيانات
article-authority = السلطة التي تُقدَّم إليها الشكوى
article-rights = يحق لك أيضًا أن تطلب تقييد استخدام بياناتك، وأن تعترض عليه، وأن تطلب نسخة لنقلها إلى مكان آخر، وأن تسحب موافقتك؛ وما جرى قبل ذلك يبقى مشروعًا.
article-transfers = ما يُرسل إلى بلدان أخرى أو منظمات دولية:
article-transfers-none = لا يُرسل شيء إلى بلدان أخرى أو منظمات دولية.
article-automatic = هنا لا تقرر أي آلة بشأنك. التقارير العاجلة تمر أولًا فقط.
article-signed = موقّع من المنظمة
article-confirmed = وقّعت المنظمة النص أعلاه، حتى هذه القائمة، مع بيانها.
article-unconfirmed = لم توقّع المنظمة هذا النص مع بيانها بعد.
