# ما يراه الوسيط وما تراه أنت.

sides-what = في الجانب الأول ما يناله متنصّت مشترك في كل شيء: لا مفتاح، بايتات فقط. وفي الجانب الآخر ما تفتحه مفاتيحك من الرسائل نفسها.
sides-what-own = في الجانب الأول ما لدى الوسيط من رسائل هذه العملية: لا مفتاح، بايتات فقط. وفي الجانب الآخر ما تفتحه مفاتيحك منها.
sides-paused = يبقى هذا ثابتًا ما دمت تقرأ فيه. انقر بجانبه للمتابعة.
sides-left = ما يراه الوسيط
sides-right = ما تراه أنت
sides-waiting = لم يصل شيء بعد.
sides-away = لا يمكن الوصول إلى الوسيط الآن.
sides-sum = منذ { $since } بالتوقيت العالمي: { $messages } رسالة على { $topics } من المواضيع، بعدد أحجام { $sizes }. في { $telling } منها يقول المحتوى شيئًا دون مفتاح.
sides-in-topic = في الموضوع:
sides-public = منشور للجميع
sides-nothing = لا يمكن قراءة شيء
sides-bytes = { $n } بايت
sides-more = و{ $n } بايت أخرى
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
