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
