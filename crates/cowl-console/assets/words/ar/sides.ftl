# ما يراه الوسيط وما تراه أنت.

sides-what = في الجانب الأول ما يناله متنصّت مشترك في كل شيء: لا مفتاح، بايتات فقط. وفي الجانب الآخر ما تفتحه مفاتيحك من الرسائل نفسها.
sides-what-own = في الجانب الأول ما لدى الوسيط من رسائل هذه العملية: لا مفتاح، بايتات فقط. وفي الجانب الآخر ما تفتحه مفاتيحك منها.
sides-paused = يبقى هذا ثابتًا ما دمت تقرأ فيه. انقر بجانبه للمتابعة.
sides-left = ما يراه الوسيط
sides-right = ما تراه أنت
sides-waiting = لم يصل شيء بعد.
sides-away = لا يمكن الوصول إلى الوسيط الآن.
sides-sum = منذ { $since } بالتوقيت العالمي: { $messages } على { $topics }، { $sizes }. { $telling }
sides-messages = { $n ->
    [zero] لا رسائل
    [one] رسالة واحدة
    [two] رسالتان
    [few] { $n } رسائل
    [many] { $n } رسالة
   *[other] { $n } رسالة
}
sides-topics = { $n ->
    [zero] لا موضوع
    [one] موضوع واحد
    [two] موضوعين
    [few] { $n } مواضيع
    [many] { $n } موضوعًا
   *[other] { $n } موضوع
}
sides-sizes = { $n ->
    [zero] دون حجم
    [one] بحجم واحد
    [two] بحجمين
    [few] بعدد { $n } أحجام
    [many] بعدد { $n } حجمًا
   *[other] بعدد { $n } حجم
}
sides-telling = { $n ->
    [0] لا يقول المحتوى شيئًا دون مفتاح في أي منها.
    [one] في واحدة منها يقول المحتوى شيئًا دون مفتاح.
    [two] في اثنتين منها يقول المحتوى شيئًا دون مفتاح.
   *[other] في { $n } منها يقول المحتوى شيئًا دون مفتاح.
}
sides-in-topic = في الموضوع:
sides-public = منشور للجميع
sides-nothing = لا يمكن قراءة شيء
sides-bytes = { $n ->
    [one] بايت واحد
    [two] بايتان
    [few] { $n } بايتات
   *[other] { $n } بايت
}
sides-more = { $n ->
    [one] وبايت واحد آخر
    [two] وبايتان آخران
    [few] و{ $n } بايتات أخرى
   *[other] و{ $n } بايت أخرى
}
sides-marked = المعلَّم
sides-marked-what = هو ما وجدته أداة غريب لا يعرف شيئًا عن Cowl.
sides-not-here = يرى الوسيط أيضًا من يتصل ومن أي عنوان ومتى: هذا ليس في هذه الصفحة. وما يمكن فعله به مقيس في صفحة الخصوصية.
sides-no-ear = لا أحد يستمع إلى الوسيط هنا.
sides-no-ear-how = شغّل اللوحة مع مجلد العملية أو مع اعتماد أحد المستجيبين.
sides-protection = الحماية
sides-protection-what = الأشخاص هنا مختلَقون، لذا يمكن نزع الحماية. اختر واحدة وراقب الجانب الأول.
sides-preset-plain = لا شيء
sides-preset-fernet = مفتاح واحد مشترك
sides-preset-minimised = حقول أقل
sides-preset-fernet-minimised = حقول أقل، ومفتاح واحد مشترك
sides-preset-cowl = Cowl
sides-layers = طبقات Cowl واحدة واحدة
sides-layers-what = يمكن نزع كل واحدة منها. دون الفترات تخرج الرسائل نفسها في أوقات أخرى. ودون أي طبقة أخرى يصنعها مُرسِل العرض نفسه بمفاتيح خاصة به: ولا تستطيع ذلك أي عملية حقيقية. تحت كل طبقة ما يعدّه المتنصّت: قبل السهم وكل شيء في مكانه، وبعده منذ آخر تبديل.
sides-layers-none = ما دامت Cowl مختارة يمكن نزع طبقاتها واحدة واحدة.
sides-layer-padding = الحشو
sides-what-padding = في مكانه: كل الرسائل بطول واحد. منزوعًا: يدل الطول على نوع البلاغ وعلى الرسائل التمويهية.
sides-layer-slots = الفترات والتمويه
sides-what-slots = في مكانها: رسالة كل ثانية، بلاغ أو تمويه. منزوعة: تخرج الرسائل حين يبلّغ الناس، وكثير منها معًا حين يقع شيء.
sides-layer-tags = وسوم متغيّرة
sides-what-tags = في مكانها: لا تبدأ رسالة كغيرها. منزوعة: تبدأ كل رسائل المُرسِل الواحد بالبداية نفسها.
sides-layer-topics = موضوع واحد للجميع
sides-what-topics = في مكانه: يرسل الجميع في الموضوع نفسه. منزوعًا: لكل هاتف موضوع برقمه الخاص.
sides-layer-reducing = الاختزال
sides-what-reducing = في مكانه: يُرسَل إلى كل دور ما يحتاج إليه بأقل دقة ممكنة. منزوعًا: يُرسَل إلى كل دور كل شيء بدقته. وما دام مختومًا لا يُظهر الجانب الأول إلا رسائل أطول، ويُظهر الجانب الآخر ما يفتحه عندئذ مفتاح واحد مسروق.
sides-layer-sealing = الختم
sides-what-sealing = في مكانه: لا يقرأ جزء الدور إلا من لديه مفتاحه. منزوعًا: الأجزاء نفسها ويقرؤها الجميع.
sides-layer-epochs = أسماء مستعارة متغيّرة
sides-what-epochs = لا يمكن نزعها هنا: الاسم المستعار داخل ما هو مختوم ويتغيّر مع الحقبة. وسيبقى الجانب الأول كما هو.
sides-layer-connections = اتصالات جديدة دائمًا
sides-what-connections = لا يمكن نزعها هنا: تُظهر هذه الصفحة رسائل لا اتصالات. وما تدل عليه الاتصالات مقيس في صفحة الخصوصية.
sides-figure-padding = أطوال مختلفة: { $value }
sides-figure-slots = الرسائل في خمس ثوانٍ، الأقل–الأكثر: { $value }
sides-figure-tags = رسائل تبدأ كرسالة قبلها: { $value }
sides-figure-topics = المواضيع: { $value }
sides-figure-reducing = بايتات أطول رسالة: { $value }
sides-figure-sealing = ما تقوله المحتويات: { $value }
sides-tells-nothing = لا شيء
sides-change = { $before } ← { $now }

# ما يمكن قراءته، وشكل المحتوى.

sides-comma = ،
sides-kind-position = الموقع
sides-kind-latitude = خط العرض
sides-kind-longitude = خط الطول
sides-kind-altitude = الارتفاع
sides-kind-motion = الحركة
sides-kind-mgrs-cell = مربع MGRS
sides-kind-h3-cell = خلية H3
sides-kind-geohash = geohash
sides-kind-place-name = اسم مكان
sides-kind-ip-address = عنوان IP
sides-kind-mac-address = عنوان MAC
sides-kind-phone-number = رقم هاتف
sides-kind-e-mail-address = عنوان بريد إلكتروني
sides-kind-persons-name = اسم شخص
sides-kind-user-id = معرّف مستخدم
sides-kind-device-id = معرّف جهاز
sides-kind-client-id = معرّف عميل MQTT
sides-kind-pseudonym = اسم مستعار
sides-kind-identifier = معرّف
sides-kind-key-id = معرّف مفتاح
sides-kind-credential = كلمة سر أو رمز دخول
sides-kind-severity = الخطورة
sides-kind-health = الحالة الصحية
sides-kind-demographic = العمر أو الجنس أو الأصل
sides-kind-timestamp = التاريخ والوقت
sides-kind-temperature = درجة الحرارة
sides-kind-battery = البطارية
sides-kind-number = رقم
sides-kind-flag = نعم أو لا
sides-kind-word = كلمة
sides-kind-free-text = نص حر
sides-kind-subject = نوع البيانات
sides-form-empty = فارغ
sides-form-json = JSON
sides-form-key-value-text = نص مفتاح وقيمة
sides-form-separated-values = قيم مفصولة
sides-form-a-number = رقم
sides-form-text = نص
sides-form-cbor = CBOR
sides-form-fernet-token = رمز Fernet
sides-form-json-web-token = رمز JSON Web Token
sides-form-encrypted-json-web-token = رمز JSON Web Token مشفّر
sides-form-age-file = ملف age
sides-form-openpgp-message = رسالة OpenPGP
sides-form-cms-enveloped-data = بيانات في غلاف CMS
sides-form-encrypted-cose = بيانات COSE مشفّرة
sides-form-owntracks-encrypted = بيانات OwnTracks مشفّرة
sides-form-meshtastic-encrypted = بيانات Meshtastic مشفّرة
sides-form-hexadecimal-text = نص سداسي عشري
sides-form-base64-text = نص base64
sides-form-gzip = gzip
sides-form-zlib = zlib
sides-form-zstd = zstd
sides-form-zip = zip
sides-form-png-image = صورة PNG
sides-form-jpeg-image = صورة JPEG
sides-form-pdf-document = مستند PDF
sides-form-binary = بيانات ثنائية
