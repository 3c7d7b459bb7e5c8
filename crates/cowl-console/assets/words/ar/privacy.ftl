# صفحة الخصوصية.

privacy-card = ما يستطيعه المهاجمون
privacy-card-what = كل خانة هي أسوأ ما بلغه خصم واحد في نوع واحد من التهديد: صفر يعني التخمين، وواحد يعني اليقين. المعتبر هو الحد الأعلى للمجال، فما لم يثبت أنه صغير قد يكون كبيرًا. افتح خانة لترى دليلها.
privacy-card-none = لم يُعطَ لهذه اللوحة أي تدقيق. سجّل حركة بياناتك وقيّمها وشغّل اللوحة مع الملف:
privacy-card-caption = من { $before } إلى { $after }
privacy-before = قبل
privacy-after = بعد
privacy-compare = قارن
privacy-then = ثم
privacy-threat = التهديد
privacy-linking = ربط رسائل شخص واحد
privacy-identifying = معرفة من هو أو أين هو
privacy-non-repudiation = إثبات من أرسلها
privacy-detecting = ملاحظة أن شيئًا حدث
privacy-data-disclosure = قراءة المحتوى
privacy-unawareness = أشخاص لم يُخبَروا أو لم يُسمَعوا
privacy-non-compliance = قواعد لم تُحترم
privacy-by-network = الشبكة دون TLS
privacy-by-network-tls = الشبكة تحت TLS
privacy-by-broker = وسيط MQTT
privacy-by-subscriber = مشترك في كل شيء
privacy-by-relay = المُرحّل
privacy-by-gateway = البوابة
privacy-by-insider = شخص من الداخل بجهاز واحد
privacy-by-role = دور فضولي
privacy-by-broker-role = الوسيط مع دور
privacy-by-relay-role = المُرحّل مع دور
privacy-by-stolen-phone = هاتف مسروق
privacy-little = قليل: أقل من 0.15
privacy-some = بعض: أقل من 0.50
privacy-much = كثير: 0.50 أو أكثر
privacy-unknown = غير معروف
privacy-not-measured = لم يُقَس
privacy-no-mechanism = لا آلية
privacy-not-applicable = هذا الخصم ليس في التسجيل.
privacy-back = عودة إلى الجدول
privacy-basis = قيس على { $configuration }: { $hours }، { $people }، { $messages }، البذرة { $seed }.
privacy-read = الأفضلية: صفر يعني التخمين، وواحد يعني اليقين. والمعتبر هو الحد الأعلى لمجالها.
privacy-people = { $n ->
    [zero] لا أشخاص
    [one] شخص واحد
    [two] شخصان
    [few] { $n } أشخاص
    [many] { $n } شخصًا
   *[other] { $n } شخص
}
privacy-colon = :
privacy-beside = بجانب الخانة، لا يُحسب فيها
privacy-again = لقياسه مرة أخرى
privacy-advantage = الأفضلية مع مجالها بنسبة 95 %
privacy-estimate = التقدير
privacy-chance = التخمين يبلغ
privacy-cases = قيس على
privacy-cases-of = { $cases } { $people }
privacy-cases-n = { $n ->
    [zero] دون حالات
    [one] حالة واحدة
    [two] حالتين
    [few] { $n } حالات
    [many] { $n } حالة
   *[other] { $n } حالة
}
privacy-of-people = { $n ->
    [zero] دون أشخاص
    [one] من شخص واحد
    [two] من شخصين
    [few] من { $n } أشخاص
    [many] من { $n } شخصًا
   *[other] من { $n } شخص
}
privacy-positive = تسريب مزروع
privacy-negative = علامات مخلوطة
privacy-passed = كما يجب
privacy-failed = ليس كما يجب
privacy-seed = البذرة
privacy-unit-auc = (المساحة تحت المنحنى)
privacy-unit-share = (نسبة)
privacy-unit-bits = بت
privacy-unit-metres = متر
privacy-unit-hours = ساعة
privacy-unit-seconds = ثانية
privacy-unit-count = (عدد)
privacy-plan = كلفة الحماية
privacy-plan-what = ترسل البوابات رسالة واحدة في كل فترة، تقريرًا أو غطاءً. الفترات القصيرة: تخرج التقارير سريعًا ويكلّف كل يوم بيانات أكثر. حرّك المؤشر لترى كلفة الفترة وما تتركه مكشوفًا.
privacy-plan-default = ليس لهذه اللوحة مجلد عملية: هذه أرقام السياسة التي تأتي مع Cowl.
privacy-plan-caption = فترات بوابة واحدة
privacy-plan-load = الانتظار هو لمئة شخص خلف بوابة واحدة، لكل منهم 40 تقريرًا في اليوم، واحد من عشرة عاجل؛ 95 من 100 تخرج خلاله. الربط والملاحظة حدّان أعليان لمن لا مفتاح له: صفر يعني التخمين وواحد يعني اليقين.
privacy-slot = الفترة
privacy-fast = سريع
privacy-cheap = رخيص
privacy-show = أظهر
privacy-now = { $day } في اليوم لكل بوابة؛ التقارير العاجلة تخرج خلال { $urgent }؛ الربط { $linking }، الملاحظة { $detecting }.
privacy-day = البيانات في اليوم
privacy-urgent = العاجلة تخرج خلال
privacy-routine = غيرها يخرج خلال
privacy-own = هذه السياسة
privacy-over = فوق حد السياسة
privacy-off = دون فترات
privacy-seconds = { $n } ث
privacy-minutes = { $n } د
privacy-megabytes = { $n } م.ب
privacy-as-reported = بقدر ما يُبلَّغ
privacy-at-once = فورًا
privacy-never = يأتي أكثر مما يخرج
privacy-measure = قس { $slot } الآن
privacy-measure-how = تُحاكى عملية بهذا الجدول وتُهاجَم على هذا الجهاز. يستغرق ذلك نحو دقيقة.
privacy-measured-how = كيف قيس:
privacy-measuring = قيد القياس
privacy-not-yet = لم يُقَس بعد
privacy-failed-to-measure = تعذّر قياسه
