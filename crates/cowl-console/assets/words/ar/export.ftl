# التقارير بصيغ الآخرين، والمناطق من الآخرين.

export-no-reports = لا تُقرأ أي تقارير في هذا المقعد، فلا شيء للتصدير هنا.
export-what = ما يحق للدور { $role } قراءته اليوم، لخرائط الآخرين وجداولهم: لا شيء أدق، ولا معرّفات، ولا أسماء مستعارة، والوقت بالدقيقة.
export-precise = دقة كل حقل
export-which = ماذا
export-counts = الأعداد حسب المنطقة
export-counts-help = عدد التقارير في كل منطقة حسب لون الفرز. ما دون { $k } يُكتب «<{ $k }»، وتُحذف المجاميع التي قد تكشف عددًا صغيرًا.
export-reports = كل تقرير
export-reports-help = من يحصل على الملف يقرأ ما يقرؤه هذا الدور. لا تعطه إلا لمن يُعطى الدور.
export-form = الصيغة
export-geojson = GeoJSON
export-geojson-help = للخرائط: QGIS وuMap وLeaflet. المناطق مع حدودها.
export-hxl = ملف CSV بوسوم HXL
export-hxl-help = لجداول البيانات وأدوات العمل الإنساني: سطر من الوسوم تحت العناوين.
export-cot = Cursor on Target
export-cot-help = لبرنامج TAK. حدث لكل تقرير في مركز منطقته مع نصف قطرها. ليست فيه أعداد.
export-since = منذ متى
export-last-hour = الساعة الأخيرة
export-last-six = الساعات الست الأخيرة
export-last-day = اليوم الأخير
export-last-week = الأسبوع الأخير
export-all = كل ما هو محفوظ
export-logged = يدوّن سجل العملية أن ملفًا يُصنع ومن أي نوع، قبل صنعه.
export-told = أخبر السلطة بأن هذا الملف صُنع
export-told-help = مجلد العملية ليس على هذه اللوحة، فلا يستطيع سجلها تدوين ذلك بنفسه.
export-not-told = لم يُصنع شيء: يجب أن تعلم السلطة بكل تصدير. ارجع وقل إنك تخبرها.
export-make = اصنع الملف
export-no-counts = ليس في Cursor on Target أعداد: كل حدث تقرير واحد. اختر GeoJSON أو CSV للأعداد.
export-busy = يُصنع ملف آخر الآن. انتظر لحظة ثم أعد المحاولة.
export-too-large = سيكون الملف كبيرًا جدًا. اختر مدة أقصر. لم يُصنع أي ملف.
export-unreadable = لا يمكن قراءة التقارير المحفوظة. لم يُصنع أي ملف. من يدير اللوحة يستطيع فحصها بالأمر: cowl archive check
export-gone = لم يعد هذا الملف هنا. اصنعه من جديد.
export-made = { $n ->
    [one] صُنع الملف: فيه تقرير واحد مكتوب أو معدود.
   *[other] صُنع الملف: فيه { $n } من التقارير مكتوبة أو معدودة.
}
export-no-place = { $n ->
    [one] تُرك تقرير واحد: لا مكان له، وهذه الصيغة تحتاج إلى مكان.
   *[other] تُرك { $n } من التقارير: لا مكان لها، وهذه الصيغة تحتاج إلى مكان.
}
export-other-roles = { $n ->
    [one] تُرك تقرير واحد: لم يعد دوره يقرأ التقارير.
   *[other] تُرك { $n } من التقارير: لم يعد دورها يقرأ التقارير.
}
export-damaged = { $n ->
    [one] تُرك تقرير واحد: إنه تالف.
   *[other] تُرك { $n } من التقارير: إنها تالفة.
}
export-save = احفظ الملف ({ $n } كيبيبايت)
export-leaves = بعد الحفظ يكون هذا الملف خارج العملية: لا يصله سحب ولا أمر محو. احذفه بعد أن يؤدي غرضه.
export-gone-in = { $n ->
    [one] يمكن حفظه لدقيقة واحدة أخرى.
   *[other] يمكن حفظه لمدة { $n } من الدقائق الأخرى.
}
export-another = اصنع ملفًا آخر
export-zones = استيراد مناطق
export-zones-what = يستبدل حدود مستوى من المناطق، مثلًا بالبلديات التي يستخدمها شركاؤك. يحصل عليها الجميع مع البيان التالي؛ وتحتفظ التقارير المرسلة قبل ذلك بمناطقها.
export-zones-none = ليس في السياسة مستوى مناطق بحدود مرسومة. لإضافة واحد اكتب polygons = "zones.geojson" عند مستوى في policy.toml.
export-zones-policy = لا يمكن استخدام policy.toml كما هو:
export-zones-level = مستوى المناطق
export-zones-file = ملف GeoJSON
export-zones-file-help = مضلعات بدرجات WGS 84، بحجم 2 ميبيبايت على الأكثر. يجب أن يتسع لها البيان: بسّط الحدود المفصلة أولًا.
export-zones-property = الخاصية التي تحمل اسم المنطقة (إن كانت غيرها)
export-zones-property-help = فارغ: التي تسميها السياسة.
export-zones-import = افحص واستورد
export-zones-not-text = هذا الملف ليس نصًا. اختر ملف GeoJSON. لم يتغير شيء.
export-zones-wrong = لا يمكن استخدام هذه المناطق. لم يتغير شيء.
export-zones-done = { $n ->
    [one] أُخذت منطقة واحدة.
   *[other] أُخذ { $n } من المناطق.
}
export-zones-then = وُقّع بيان جديد. يسلمه cowl serve إلى الجميع.
