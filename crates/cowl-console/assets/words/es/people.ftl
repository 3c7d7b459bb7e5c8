# Los miembros de la operación, y lo que hace su autoridad.

people-deeds = Lo que puede hacer
people-enrol = Inscribir a alguien
people-lost = Se perdió un teléfono o un portátil
people-reads = Quién pudo leer qué, y cuándo
people-rotate = Claves nuevas para todos
people-counts = Cuántos
people-device = Dispositivo
people-responder = Interviniente
people-gateway = Pasarela
people-relay = Relé
people-invited = Invitados que aún no entraron
people-revoked = Dado de baja
people-expiring = { $n ->
    [one] Las claves de un miembro terminan pronto: no ha pedido otras.
   *[other] Las claves de { $n } miembros terminan pronto: no han pedido otras.
}
people-late = { $n ->
    [one] Un tique venció y nadie lo usó.
   *[other] { $n } tiques vencieron y nadie los usó.
}
people-twice = { $n ->
    [one] Un miembro envía desde dos máquinas: quizá alguien copió sus claves.
   *[other] { $n } miembros envían desde dos máquinas: quizá alguien copió sus claves.
}
people-expiring-short = Las claves terminan pronto
people-late-short = Tique vencido
people-twice-short = Envía desde dos máquinas
people-twice-help = Envía desde dos máquinas. Quizá alguien copió sus claves: dele de baja e inscríbalo otra vez.
people-show-them = Mostrarlos
people-all = Todos los miembros
people-name = Nombre
people-which = Cuáles
people-find = Buscar
people-table = Miembros
people-what = Qué es
people-roles = Roles que tiene
people-standing = Situación
people-asked = Última petición de claves
people-keys = Tiene claves hasta
people-identities = Identidades
people-note = Nota
people-none-found = Nadie coincide.
people-found = { $n ->
    [one] { $n } encontrado.
   *[other] { $n } encontrados.
}
people-before = Anteriores
people-further = Siguientes
people-is-member = Miembro
people-is-invited = Invitado hasta
people-is-revoked = Dado de baja
people-nobody = Ningún miembro tiene este nombre.
people-member = Miembro
people-cancel = No hacer nada

people-exposed-if = Si otra persona tiene esta máquina
people-exposed-still = Lo que aún puede hacer quien tiene esta máquina
people-exposed-sends = Puede enviar hasta que los intervinientes tomen la próxima lista de claves: hasta { $time }, si cowl serve funciona.
people-exposed-keys = Sus claves duran hasta { $time }. Quien tomó la lista nueva no acepta lo que envía. No lee ningún informe.
people-exposed-relay = Aún puede desenvolver lo que le dan los teléfonos, y ve sus direcciones de red, hasta { $time }. No lee ningún informe.
people-exposed-tokens = Puede conectarse con las fichas que le quedan hasta { $time }, y no recibe más.
people-exposed-opens = Abre los informes desde { $from } hasta { $to }.
people-exposed-nothing = No abre nada: nunca recibió claves.
people-exposed-copied = Si sus claves se copiaron antes, también los informes que alguien grabó desde { $time }.
people-exposed-later = No abre nada de lo que se envíe después.
people-exposed-login = El acceso al servidor es compartido, así que aún puede conectarse.
people-exposed-login-tokens = El acceso al servidor es compartido: aún puede preguntar y escuchar, pero no enviar.

people-revoke = Dar de baja a este miembro
people-revoke-does = Qué hace esto
people-revoke-keys = No recibe más claves, y lo que envía se rechaza.
people-revoke-others = Nadie más tiene que hacer nada.
people-revoke-log = El registro dice que se dio de baja a un miembro, sin su nombre.
people-revoke-final = No se puede deshacer. Para que vuelva, inscríbalo otra vez con otro nombre.
people-revoke-now = Dar de baja ahora

people-enrol-how = Recibe un código QR. Una máquina puede entrar con él, una sola vez. El código no contiene ninguna clave.
people-enrol-again = Inscribir en su lugar
people-name-help = Solo lo ve la autoridad de la operación. 100 letras como máximo.
people-device-help = Envía sus propios informes.
people-responder-help = Lee los informes de sus roles.
people-gateway-help = Envía por varios dispositivos que no pueden hacerlo solos.
people-relay-help = Pasa lo que envían los teléfonos, para que nadie vea desde dónde.
people-enrol-roles = Roles que lee un interviniente
people-enrol-devices = Dispositivos de una pasarela
people-enrol-at = Dirección donde se entra
people-enrol-at-help = Donde responde cowl serve --http, vista desde los teléfonos.
people-enrol-valid = El tique vale durante
people-valid-hour = Una hora
people-valid-day = Un día
people-valid-week = Una semana
people-valid-month = Cuatro semanas
people-enrol-now = Crear el tique
people-wrong-name = Escriba un nombre de 1 a 100 letras.
people-wrong-taken = Un miembro ya tuvo este nombre. Elija otro.
people-wrong-roles = Elija al menos un rol que la operación tenga.
people-wrong-devices = Una pasarela tiene entre 1 y 10 000 dispositivos.
people-wrong-at = Esto no es una dirección. Escriba un nombre o un número con puntos, y un puerto: 192.0.2.7:8080
people-wrong-service = La operación no tiene clave para que la gente entre: aumente manifest_size en policy.toml.
people-no-ticket = No se creó ningún tique. Inténtelo otra vez.

people-ticket = Tique
people-ticket-made = El tique para { $name } está listo.
people-ticket-until = Vale una vez, hasta { $time }.
people-ticket-scan = Haga que el nuevo miembro escanee este código.
people-ticket-alt = Código QR del tique. La línea de abajo dice lo mismo.
people-ticket-type = O escriba: cowl join, y después esta línea
people-ticket-secret = Quien tiene este código puede entrar en lugar de esa persona. Entréguelo como una llave.
people-ticket-gone-in = { $n ->
    [one] Esta página lo olvida en { $n } minuto.
   *[other] Esta página lo olvida en { $n } minutos.
}
people-ticket-gone = Este tique ya no se muestra. Si nadie lo escaneó, inscriba el mismo nombre otra vez: eso crea un tique nuevo.
people-ticket-hide = Ocultarlo ahora

people-rotate-when = Para cuando claves futuras puedan estar en malas manos, por ejemplo una copia de la carpeta roles. Si se perdió un teléfono, dé de baja ese teléfono.
people-rotate-from = Todas las claves son nuevas desde { $time }.
people-rotate-senders = { $n ->
    [one] { $n } dispositivo, pasarela o relé debe pedir sus claves nuevas antes. Lo hace solo.
   *[other] { $n } dispositivos, pasarelas y relés deben pedir sus claves nuevas antes. Lo hacen solos.
}
people-rotate-responders = { $n ->
    [one] { $n } interviniente recibe solo sus claves nuevas.
   *[other] { $n } intervinientes reciben solos sus claves nuevas.
}
people-rotate-lost = { $n ->
    [one] { $n } miembro no puede pedirlas: inscríbalo otra vez.
   *[other] { $n } miembros no pueden pedirlas: inscríbalos otra vez.
}
people-rotate-old = Quien tenga las claves viejas aún puede abrir lo que se envió antes.
people-rotate-serve = cowl serve debe estar en marcha. Quienes no están inscritos necesitan el manifiesto nuevo.
people-rotate-sure = Quiero claves nuevas para todos
people-rotate-now = Crear claves nuevas
people-rotate-not-sure = No se cambió nada: la casilla no estaba marcada.
people-rotate-twice = Ya se crearon claves nuevas. No se cambió nada más.
people-rotated = Hecho: todas las claves son nuevas desde { $time }.
people-rotated-next = Mantenga cowl serve en marcha, y dé el manifiesto nuevo a quienes no están inscritos.

people-lost-why = Cuatro pasos. Tardan un minuto. Hágalos enseguida: cada hora cuenta.
people-lost-1 = 1. ¿Cuál es?
people-lost-2 = 2. Quitarle las claves
people-lost-3 = 3. Lo que aún puede hacer quien lo encontró o lo robó
people-lost-4 = 4. Uno nuevo
people-lost-name = Parte de su nombre
people-lost-other = Es otro
people-lost-revoked = Hecho. Ya no tiene claves.
people-lost-new = Dé a su dueño un tique nuevo.
people-lost-after = Después dé a su dueño un tique nuevo, en esta página.

people-reads-how = Primero, lo que cada rol puede leer de un informe y con qué exactitud. Después, quién tuvo las claves, desde cuándo y hasta cuándo. Quien tuvo claves pudo guardar lo que leyó.
people-reads-policy = Según la política { $policy }, manifiesto { $manifest }.
people-reads-kept = Se guarda { $time } como máximo.
people-reads-census = Solo recibe la zona, para contar personas. Nunca lo que informan.
people-reads-no-reader = Nadie ha tenido estas claves.
people-reads-who = Quién tuvo las claves
people-reads-from = Desde
people-reads-until = Hasta
people-reads-now = ahora
people-reads-what = Lo que lee
people-reads-field = Campo
people-reads-precision = Con qué exactitud
people-reads-custody = Custodios
people-reads-custody-how = { $m } de { $n } custodios juntos pueden abrir esto, de un informe cada vez. Cada vez queda en el registro.
people-reads-nobody = El servidor y la red no leen nada de esto.
