# Lo que ve el intermediario, y lo que ve usted.

sides-what = A la izquierda, lo que obtiene un espía suscrito a todo: ninguna clave, solo bytes. A la derecha, lo que sus claves abren de los mismos mensajes.
sides-what-own = A la izquierda, lo que el intermediario tiene de los mensajes de esta operación: ninguna clave, solo bytes. A la derecha, lo que sus claves abren de ellos.
sides-paused = Esto se queda quieto mientras usted lee. Haga clic al lado para seguir.
sides-left = Lo que ve el intermediario
sides-right = Lo que ve usted
sides-waiting = Aún no ha llegado nada.
sides-away = Ahora no se puede alcanzar el intermediario.
sides-sum = Desde las { $since } UTC: { $messages } mensajes en { $topics } temas, de { $sizes } tamaños. En { $telling } de ellos el contenido dice algo sin clave.
sides-in-topic = en el tema:
sides-public = publicado para todos
sides-nothing = no se puede leer nada
sides-bytes = { $n } octetos
sides-more = y { $n } octetos más
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
