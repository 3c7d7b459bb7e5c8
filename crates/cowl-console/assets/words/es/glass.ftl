# Romper el cristal.

glass-what = Ningún rol lo lee todo. Lo que solo pueden abrir los custodios, como un lugar exacto o un nombre, lo abren varios juntos, de un solo informe, por un motivo. El registro lo dice antes de que ocurra.
glass-how-to-ask = ¿Lo necesita para un informe? Pídalo en su propia página, en Operaciones, o haga un borrador con: cowl glass request CREDENTIAL REPORT --by NOMBRE --reason MOTIVO. Después entregue el archivo aquí. La autoridad lo mira.
glass-draft = El archivo de un borrador
glass-draft-help = Tal como lo escribió cowl glass request. Su nombre termina en .draft
glass-draft-send = Entregar
glass-draft-sign = Recibirlo
glass-drafts = A la espera de la autoridad
glass-open = Solicitudes
glass-none = No hay ninguna solicitud.
glass-request-of = Solicitud de { $who }
glass-request = Solicitud
glass-over = Su plazo terminó.
glass-answers = { $n ->
    [0] Nadie está de acuerdo todavía
    [one] { $n } custodio está de acuerdo
   *[other] { $n } custodios están de acuerdo
}
glass-by = Quién lo pide
glass-reason = Por qué
glass-report = Para el informe
glass-about = Enviado por
glass-made = Pedido el
glass-expires = Termina el
glass-gone = Esta solicitud ya no está aquí.
glass-not-draft = Este archivo no es un borrador de solicitud. No se cambió nada.
glass-not-answer = Este archivo no es la respuesta de un custodio. No se cambió nada.
glass-other-answer = Esta respuesta es para otra solicitud. No se cambió nada.
glass-not-custodian = Solo un custodio puede hacerlo, en su propio puesto.

glass-sign-title = ¿Dejar que decidan los custodios?
glass-sign-does = Si usted firma, el registro dice que alguien pide abrir un informe, sin nombres. Entonces los custodios pueden responder. Con esto no se abre nada.
glass-sign = Firmarla
glass-discard = Desecharla

glass-custodian = Usted es custodio. Ve quién lo pide y por qué, y decide a solas. Su respuesta no abre nada por sí sola.
glass-request-file = El archivo de una solicitud
glass-request-help = Si la autoridad le envió uno. Su nombre termina en .request
glass-request-look = Mirarla
glass-answered = Respuestas
glass-your-part = Su decisión
glass-agree-does = Si está de acuerdo, su parte responde a esta única solicitud. Con bastantes respuestas más, la autoridad abre este único informe, y ningún otro.
glass-again = También si antes acepté abrir el mismo informe
glass-agree = Estoy de acuerdo
glass-disagree = No estoy de acuerdo
glass-agreed = Usted está de acuerdo.
glass-answer-file = Guardar su respuesta en un archivo, para una autoridad en otra máquina

glass-authority = Para la autoridad
glass-send = Guardar la solicitud, para enviarla a custodios en otras máquinas
glass-answer = La respuesta de un custodio
glass-answer-help = Tal como la escribió cowl glass approve, o la consola del custodio. Su nombre termina en .partial
glass-answer-add = Añadir la respuesta
glass-open-does = Esto abre el informe si bastantes custodios están de acuerdo. Primero el registro dice cuántos eran y que se abrió. Después se muestra aquí un minuto, y no se guarda en ningún lugar.
glass-open-sure = Necesito verlo ahora
glass-open-now = Abrir y mostrar un minuto
glass-open-not-sure = No se abrió nada: la casilla no estaba marcada.

glass-opened = Lo que abrieron los custodios
glass-entries = Lo que dice el registro
glass-agreed-by = De acuerdo: { $names }
glass-plain = El informe
glass-cover = Era un señuelo: no dice nada.
glass-forgets = { $n ->
    [one] Se olvida en { $n } segundo.
   *[other] Se olvida en { $n } segundos.
}
glass-forgotten = Está olvidado. Para verlo otra vez, ábralo otra vez: el registro también lo dirá.
glass-hide = Ocultarlo ahora

glass-case = Pedir a los custodios que abran más
glass-case-title = Pedir a los custodios que abran un informe
glass-case-newest = (su informe más reciente)
glass-case-by-help = Una persona, un equipo. Los custodios lo ven.
glass-case-reason-help = Los custodios lo ven y deciden por ello. Dígalo con sencillez; los nombres de personas no van aquí si no hacen falta.
glass-case-not-kept = El archivo no tiene nada de este informe que los custodios pudieran abrir.
glass-case-words = Hay que decir quién pide y por qué, con palabras sencillas en una línea. No se entregó nada.
glass-case-asked = Entregado. La autoridad lo mira, y lo firma o lo tira.
