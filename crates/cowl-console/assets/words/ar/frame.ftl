# ما يحيط بكل صفحة.

frame-name = لوحة Cowl
frame-own-name = العربية
frame-skip = انتقل إلى المحتوى
frame-nav = الصفحات
frame-nav-operations = العمليات
frame-nav-seat = مكاني
frame-nav-sides = ما يراه الوسيط
frame-nav-privacy = الخصوصية
frame-language = اللغة
frame-switch = غيّر
frame-back = العودة إلى البداية
frame-continue = متابعة
frame-refused = لم يتم ذلك
frame-signed-in = تم تسجيل دخولك.
frame-signed-out = تم تسجيل خروجك.
frame-how-to-sign-in = للدخول، افتح رابط دخول. الروابط عند من شغّل اللوحة: تظهر عند التشغيل، وأحدثها في الملف sign-in.txt في مجلدها. كل رابط يعمل مرة واحدة.
frame-link-used = استُعمل هذا الرابط من قبل، أو أنه قديم. إن لم تكن أنت من استعمله فأخبر من يدير اللوحة.
frame-link-not-renewed = لا تستطيع اللوحة كتابة ملفاتها، فلم يدخل أحد. أخبر من يديرها.
frame-nothing-here = لا توجد صفحة كهذه.
frame-not-authority = هذا يحتاج إلى رابط السلطة. رابطك للقراءة فقط.
frame-not-this-seat = مكانك لا يعرض هذه الصفحة.
frame-not-a-form = ما أُرسل ليس نموذجًا من هذه اللوحة. لم يتغير شيء.
frame-not-own-form = هذا النموذج من جلسة سابقة. افتح الصفحة من جديد وأعد المحاولة. لم يتغير شيء.
frame-too-large = ما أُرسل كبير جدًا. لم يتغير شيء.
frame-too-slow = استغرق الوصول وقتًا طويلًا. لم يتغير شيء.
frame-seat-role = أنت ترى ما يحق لهذا الدور أن يقرأه، ولا شيء غيره: { $role }
frame-seat-none = لا ترى هنا أي بلاغ: ليست في هذه اللوحة مفاتيح أي دور.
frame-seat-authority = أنت تعمل أيضًا باسم السلطة: يمكنك تسجيل الناس وإلغاء تسجيلهم، وإنشاء مفاتيح جديدة، وفحص السجل.
frame-seat-ends = يُسجَّل خروجك بعد ساعة بلا أي نقرة، وبعد اثنتي عشرة ساعة في كل الأحوال.
frame-exposed = تستطيع أجهزة أخرى الوصول إلى هذه اللوحة عبر HTTP عادي. كل من في الطريق يستطيع قراءة كل ما تراه وتغييره.
frame-sign-out = تسجيل الخروج
frame-nav-people = الأشخاص والمفاتيح
frame-nav-log = السجل
frame-nav-glass = كسر الزجاج
frame-nav-export = تصدير
frame-failed = تعذّر ذلك. لم يتغير شيء. سبب ذلك كما تقوله العملية:
frame-days = { $n ->
    [one] يوم واحد
    [two] يومان
    [few] { $n } أيام
   *[other] { $n } يومًا
}
frame-hours = { $n ->
    [one] ساعة واحدة
    [two] ساعتان
    [few] { $n } ساعات
   *[other] { $n } ساعة
}
frame-minutes = { $n ->
    [one] دقيقة واحدة
    [two] دقيقتان
    [few] { $n } دقائق
   *[other] { $n } دقيقة
}
frame-seconds = { $n ->
    [one] ثانية واحدة
    [two] ثانيتان
    [few] { $n } ثوانٍ
   *[other] { $n } ثانية
}
