# La vista Privacidad.

privacy-card = Lo que pueden los atacantes
privacy-card-what = Cada celda es lo peor que alcanzó un adversario en una clase de amenaza: 0 es adivinar, 1 es certeza. Lo que cuenta es el extremo alto del intervalo, porque lo que no se demostró pequeño puede ser grande. Abra una celda para ver sus pruebas.
privacy-card-none = A esta consola no se le dio ninguna auditoría. Grabe su tráfico, puntúelo e inicie la consola con el archivo:
privacy-card-caption = De { $before } a { $after }
privacy-before = Antes
privacy-after = Después
privacy-compare = Comparar
privacy-then = después
privacy-threat = Amenaza
privacy-linking = Relacionar mensajes de una persona
privacy-identifying = Averiguar quién o dónde
privacy-non-repudiation = Probar quién lo envió
privacy-detecting = Notar que algo pasó
privacy-data-disclosure = Leer el contenido
privacy-unawareness = Personas no informadas o no escuchadas
privacy-non-compliance = Reglas no cumplidas
privacy-by-network = Red, sin TLS
privacy-by-network-tls = Red, bajo TLS
privacy-by-broker = Intermediario MQTT
privacy-by-subscriber = Suscriptor a todo
privacy-by-relay = Repetidor
privacy-by-gateway = Pasarela
privacy-by-insider = Alguien de dentro con un aparato
privacy-by-role = Rol demasiado curioso
privacy-by-broker-role = Intermediario con un rol
privacy-by-relay-role = Repetidor con un rol
privacy-by-stolen-phone = Teléfono robado
privacy-little = poco: menos de 0,15
privacy-some = algo: menos de 0,50
privacy-much = mucho: 0,50 o más
privacy-unknown = no se sabe
privacy-not-measured = no medido
privacy-no-mechanism = sin mecanismo
privacy-not-applicable = Este adversario no está en la grabación.
privacy-back = Volver a la tabla
privacy-basis = Medido en { $configuration }: { $hours }, { $people }, { $messages }, semilla { $seed }.
privacy-read = La ventaja: 0 es adivinar, 1 es certeza. Lo que cuenta es el extremo alto de su intervalo.
privacy-people = { $n ->
    [one] una persona
   *[other] { $n } personas
}
privacy-colon = :
privacy-beside = junto a la celda, sin contar en ella
privacy-again = Para medirlo otra vez
privacy-advantage = Ventaja, con su intervalo del 95 %
privacy-estimate = Estimación
privacy-chance = Adivinar alcanza
privacy-cases = Medido en
privacy-cases-of = { $cases } { $people }
privacy-cases-n = { $n ->
    [one] un caso
   *[other] { $n } casos
}
privacy-of-people = { $n ->
    [one] de una persona
   *[other] de { $n } personas
}
privacy-positive = Una fuga plantada
privacy-negative = Etiquetas mezcladas
privacy-passed = como debe ser
privacy-failed = no como debe ser
privacy-seed = Semilla
privacy-unit-auc = (área bajo la curva)
privacy-unit-share = (proporción)
privacy-unit-bits = bits
privacy-unit-metres = metros
privacy-unit-hours = horas
privacy-unit-seconds = segundos
privacy-unit-count = (número)
privacy-plan = Lo que cuesta la protección
privacy-plan-what = Las pasarelas envían un mensaje en cada turno, un informe o un señuelo. Turnos cortos: los informes salen pronto y cada día cuesta más datos. Mueva el control para ver lo que cuesta un turno y lo que deja ver.
privacy-plan-default = Esta consola no tiene la carpeta de una operación: estos números son los de la política que viene con Cowl.
privacy-plan-caption = Turnos de una pasarela
privacy-plan-load = La espera es la de 100 personas detrás de una pasarela con 40 informes al día cada una, uno de cada diez urgente; 95 de 100 salen en ese tiempo. Relacionar y notar son cotas altas para quien no tiene clave: 0 es adivinar, 1 es certeza.
privacy-slot = Turno
privacy-fast = pronto
privacy-cheap = barato
privacy-show = Mostrar
privacy-now = { $day } al día por pasarela; los informes urgentes salen en { $urgent }; relacionar { $linking }, notar { $detecting }.
privacy-day = Datos al día
privacy-urgent = Los urgentes salen en
privacy-routine = Los demás salen en
privacy-own = esta política
privacy-over = por encima del límite de la política
privacy-off = sin turnos
privacy-seconds = { $n } s
privacy-minutes = { $n } min
privacy-megabytes = { $n } MB
privacy-as-reported = según los informes
privacy-at-once = enseguida
privacy-never = llegan más de los que salen
privacy-measure = Medir { $slot } ahora
privacy-measure-how = Se simula y se ataca en esta máquina una operación con este ritmo. Tarda alrededor de un minuto.
privacy-measured-how = Cómo se midió:
privacy-measuring = se está midiendo
privacy-not-yet = aún no medido
privacy-failed-to-measure = no se pudo medir
