# Lo que una persona lee antes de enviar.

language = español
title = Antes de enviar: quién lee qué y para qué
operation = Operación: { $name }
fingerprint = Huella digital de la organización, para compararla con la que muestran los equipos de ayuda: { $fingerprint }
warning-dangerous = Atención: esta operación funciona sin protección completa. Es posible que lean lo que usted envía personas que no se nombran aquí.

what-heading = Qué se envía
what-only = Solo sale de su dispositivo lo que aparece aquí. Todo lo demás se descarta.
field-purpose = Para qué: { $purpose }
field-basis = Base jurídica: { $basis }
field-required = Necesario: sin este dato no se envía el aviso.
field-optional = Puede no indicarlo.
field-choice = Desactivado: no se envía si usted no lo autoriza.
field-nobody = Nadie lo lee.
reads = { $role }: { $precision }

precision-exact = exactamente como usted lo indica
precision-decimals = { $decimals ->
    [0] redondeado a un número entero
    [one] redondeado a un decimal
   *[other] redondeado a { $decimals } decimales
}
precision-step = redondeado en pasos de { $step }
precision-place-exact = su ubicación exacta
precision-place-decimals = { $decimals ->
    [0] su ubicación, con unos 100 kilómetros de margen
    [1] su ubicación, con unos 10 kilómetros de margen
    [2] su ubicación, con un kilómetro de margen aproximadamente
    [3] su ubicación, con unos 100 metros de margen
    [4] su ubicación, con unos 10 metros de margen
   *[other] su ubicación exacta
}
precision-zone = solo la zona ({ $zone }); una más grande donde avisan menos de { $k } personas
precision-zone-always = la zona ({ $zone }), aunque no haya nadie más en ella
precision-grain = la hora, redondeada en intervalos ({ $duration })

readers-heading = Quién lo lee y cuánto tiempo se guarda
reader = { $role }: { $purpose }
reader-kept = Se guarda como máximo: { $duration }.
reader-census = Recibe solo la zona, para contar personas. Nunca lo que usted comunica.
readers-others = Nadie más puede leerlo: ni la red, ni el servidor que lo transmite, ni los grupos que no se nombran.
readers-outside = Lo que otros sí pueden notar: que su dispositivo se conecta, desde dónde y cuándo.

custody-heading = Solo en caso de emergencia
custody = { $m } de { $n } personas designadas, juntas, pueden abrir esto, de un aviso cada vez, y cada vez queda registrado: { $fields }.
custody-purpose = Para qué: { $purpose }

choice-heading = Su decisión
choice-help = La ayuda no depende de lo que decida. Recibirá ayuda aunque no indique todos los datos.
choice-optional = Puede no indicar: { $fields }.
choice-off = No se envía si usted no lo activa: { $fields }.
choice-withdraw = Puede cambiar de opinión. Con un recibo obtiene doce palabras; quien las da hace borrar lo que se envió con ellas. Guárdelas solo para usted.
choice-undone = Lo que los equipos de ayuda ya hicieron con esos datos no se puede deshacer.

ask-heading = Preguntas y quejas
ask-contact = Pregunte a: { $contact }
ask-nobody = La organización no ha indicado a quién preguntar. Pregunte a quien le dio este dispositivo.
ask-rights = Puede preguntar qué se guarda sobre usted, pedir que se corrija o se borre, y presentar una queja ante la autoridad de protección de datos, donde exista.

untranslated = Algunos textos son palabras de la propia organización y no hay traducción de ellos.

question-send = { $count ->
    [one] ¿Enviar este aviso?
   *[other] ¿Enviar estos { $count } avisos?
}
question-share = ¿Enviar también esto: { $field }?
answer-yes = sí
answer-no = no

receipt-code = Sus doce palabras. Anótelas; nadie más las tiene y nadie podrá dárselas otra vez:

days = { $n ->
    [one] un día
   *[other] { $n } días
}
hours = { $n ->
    [one] una hora
   *[other] { $n } horas
}
minutes = { $n ->
    [one] un minuto
   *[other] { $n } minutos
}
seconds = { $n ->
    [one] un segundo
   *[other] { $n } segundos
}

label-temperature = Temperatura
label-severity = Grado de urgencia
label-position = Dónde está usted
label-battery = Batería
label-person = Nombre
label-contact = Número de teléfono
label-note = Nota
label-topic = Tema técnico (topic)
label-time = Hora
role-triage = Clasificación de urgencias
role-medical = Equipo médico
role-rescue = Equipo de rescate
role-census = Recuento
purpose-temperature = Detectar fuego, frío y fiebre
purpose-severity = Ayudar primero a quienes están más graves
purpose-position = Encontrarle
purpose-battery = Saber cuánto tiempo se le podrá localizar
purpose-person = Llamarle por su nombre y dar noticias suyas a su familia
purpose-contact = Devolverle la llamada
purpose-note = Todo lo que los equipos de ayuda deben saber
purpose-topic = Que sigan funcionando las herramientas de los equipos de ayuda
purpose-time = Distinguir los avisos antiguos de los nuevos
purpose-triage = Decidir a quién se ayuda primero
purpose-medical = Atender a los heridos
purpose-rescue = Encontrar a las personas y sacarlas
purpose-census = Contar cuántos avisan desde cada zona
purpose-custody = Encontrar a una persona en grave peligro que no responde
basis-vital = RGPD, art. 6.1.d), intereses vitales
basis-vital-health = RGPD, art. 6.1.d) y 9.2.c), intereses vitales

# In the notice of `cowl records` only; not part of what is hashed.
article-heading = Lo que la ley pide decir además (RGPD, artículo 13)
article-controller = Responsable
article-representative = Representante en la Unión Europea
article-officer = Delegado de protección de datos
article-authority = Autoridad ante la que quejarse
article-rights = También puede pedir que se limite el uso de sus datos, oponerse a él, pedir una copia para llevarla a otro sitio y retirar un consentimiento; lo que se hizo antes sigue siendo lícito.
article-transfers = Se envía a otros países u organizaciones internacionales:
article-transfers-none = No se envía nada a otros países ni a organizaciones internacionales.
article-automatic = Aquí ninguna máquina decide sobre usted. Los avisos urgentes solo pasan primero.
article-signed = Firmado por la organización
article-confirmed = La organización ha firmado el texto anterior, hasta esta lista, con su manifiesto.
article-unconfirmed = La organización aún no ha firmado este texto con su manifiesto.
