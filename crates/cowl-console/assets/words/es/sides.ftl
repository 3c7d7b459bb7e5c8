# Lo que ve el intermediario, y lo que ve usted.

sides-what = A la izquierda, lo que obtiene un espía suscrito a todo: ninguna clave, solo bytes. A la derecha, lo que sus claves abren de los mismos mensajes.
sides-what-own = A la izquierda, lo que el intermediario tiene de los mensajes de esta operación: ninguna clave, solo bytes. A la derecha, lo que sus claves abren de ellos.
sides-paused = Esto se queda quieto mientras usted lee. Haga clic al lado para seguir.
sides-left = Lo que ve el intermediario
sides-right = Lo que ve usted
sides-waiting = Aún no ha llegado nada.
sides-away = Ahora no se puede alcanzar el intermediario.
sides-sum = Desde las { $since } UTC: { $messages } en { $topics }, de { $sizes }. { $telling }
sides-messages = { $n ->
    [one] un mensaje
   *[other] { $n } mensajes
}
sides-topics = { $n ->
    [one] un tema
   *[other] { $n } temas
}
sides-sizes = { $n ->
    [one] un tamaño
   *[other] { $n } tamaños
}
sides-telling = { $n ->
    [0] En ninguno de ellos el contenido dice algo sin clave.
    [one] En uno de ellos el contenido dice algo sin clave.
   *[other] En { $n } de ellos el contenido dice algo sin clave.
}
sides-in-topic = en el tema:
sides-public = publicado para todos
sides-nothing = no se puede leer nada
sides-bytes = { $n ->
    [one] un octeto
   *[other] { $n } octetos
}
sides-more = { $n ->
    [one] y un octeto más
   *[other] y { $n } octetos más
}
sides-marked = Marcado
sides-marked-what = está lo que encontró la herramienta de un extraño que no sabe nada de Cowl.
sides-not-here = Un intermediario ve además quién se conecta, desde qué dirección y cuándo: eso no está en esta página. Lo que se puede hacer con ello se mide en Privacidad.
sides-no-ear = Nadie escucha aquí al intermediario.
sides-no-ear-how = Inicie la consola con la carpeta de la operación o con la credencial de un interviniente.
sides-protection = Protección
sides-protection-what = Estas personas son inventadas, así que se puede quitar la protección. Elija una y mire a la izquierda.
sides-preset-plain = ninguna
sides-preset-fernet = una clave compartida
sides-preset-minimised = menos campos
sides-preset-fernet-minimised = menos campos, una clave compartida
sides-preset-cowl = Cowl
sides-layers = Las capas de Cowl, una por una
sides-layers-what = Cada una se puede quitar. Sin turnos, los mismos mensajes salen en otros momentos. Sin cualquier otra capa, los hace el emisor propio de la demostración, con claves propias: ninguna operación real puede. Debajo de cada una está lo que cuenta un espía: antes de la flecha con todo puesto, después de ella desde el último cambio.
sides-layers-none = Mientras Cowl esté elegido, sus capas se pueden quitar una por una.
sides-layer-padding = Relleno
sides-what-padding = Puesto: todos los mensajes miden lo mismo. Quitado: la longitud dice qué tipo de informe es, y qué mensajes son señuelos.
sides-layer-slots = Turnos y señuelos
sides-what-slots = Puestos: un mensaje por segundo, informe o señuelo. Quitados: los mensajes salen cuando la gente informa, muchos a la vez cuando ocurre algo.
sides-layer-tags = Etiquetas cambiantes
sides-what-tags = Puestas: ningún mensaje empieza como otro. Quitadas: todos los mensajes de un emisor empiezan igual.
sides-layer-topics = Un solo tema para todos
sides-what-topics = Puesto: todos envían en el mismo tema. Quitado: cada teléfono tiene un tema con su propio número.
sides-layer-reducing = Reducción
sides-what-reducing = Puesta: a cada función se le envía lo que necesita, lo menos preciso posible. Quitada: a cada función se le envía todo, exacto. Mientras siga sellado, la izquierda solo muestra mensajes más largos; la derecha muestra lo que abriría entonces una sola clave robada.
sides-layer-sealing = Sellado
sides-what-sealing = Puesto: solo quien tiene la clave de una función lee su parte. Quitado: las mismas partes, legibles para todos.
sides-layer-epochs = Seudónimos cambiantes
sides-what-epochs = No se puede quitar aquí: un seudónimo está dentro de lo sellado y cambia con la época. La izquierda sería la misma.
sides-layer-connections = Conexiones siempre nuevas
sides-what-connections = No se puede quitar aquí: esta página muestra mensajes, no conexiones. Lo que dicen las conexiones se mide en Privacidad.
sides-figure-padding = longitudes distintas: { $value }
sides-figure-slots = mensajes en cinco segundos, de menos a más: { $value }
sides-figure-tags = mensajes que empiezan como uno anterior: { $value }
sides-figure-topics = temas: { $value }
sides-figure-reducing = octetos del mensaje más largo: { $value }
sides-figure-sealing = lo que dicen los contenidos: { $value }
sides-tells-nothing = nada
sides-change = { $before } → { $now }

# Lo que se puede leer, y la forma de un contenido.

sides-comma = ,
sides-kind-position = posición
sides-kind-latitude = latitud
sides-kind-longitude = longitud
sides-kind-altitude = altitud
sides-kind-motion = movimiento
sides-kind-mgrs-cell = cuadrícula MGRS
sides-kind-h3-cell = celda H3
sides-kind-geohash = geohash
sides-kind-place-name = nombre de lugar
sides-kind-ip-address = dirección IP
sides-kind-mac-address = dirección MAC
sides-kind-phone-number = número de teléfono
sides-kind-e-mail-address = dirección de correo
sides-kind-persons-name = nombre de una persona
sides-kind-user-id = identificador de usuario
sides-kind-device-id = identificador de aparato
sides-kind-client-id = identificador de cliente MQTT
sides-kind-pseudonym = seudónimo
sides-kind-identifier = identificador
sides-kind-key-id = identificador de clave
sides-kind-credential = contraseña o token
sides-kind-severity = gravedad
sides-kind-health = salud
sides-kind-demographic = edad, sexo u origen
sides-kind-timestamp = fecha y hora
sides-kind-temperature = temperatura
sides-kind-battery = batería
sides-kind-number = número
sides-kind-flag = sí o no
sides-kind-word = palabra
sides-kind-free-text = texto libre
sides-kind-subject = clase de datos
sides-form-empty = vacío
sides-form-json = JSON
sides-form-key-value-text = texto clave-valor
sides-form-separated-values = valores separados
sides-form-a-number = un número
sides-form-text = texto
sides-form-cbor = CBOR
sides-form-fernet-token = token Fernet
sides-form-json-web-token = token JSON Web Token
sides-form-encrypted-json-web-token = token JSON Web Token cifrado
sides-form-age-file = archivo age
sides-form-openpgp-message = mensaje OpenPGP
sides-form-cms-enveloped-data = datos en sobre CMS
sides-form-encrypted-cose = COSE cifrado
sides-form-owntracks-encrypted = OwnTracks cifrado
sides-form-meshtastic-encrypted = Meshtastic cifrado
sides-form-hexadecimal-text = texto hexadecimal
sides-form-base64-text = texto base64
sides-form-gzip = gzip
sides-form-zlib = zlib
sides-form-zstd = zstd
sides-form-zip = zip
sides-form-png-image = imagen PNG
sides-form-jpeg-image = imagen JPEG
sides-form-pdf-document = documento PDF
sides-form-binary = binario
