# Lo que pregunta cada ataque de la auditoría, lo que significa su número y lo que lo bajaría.

attacks-lower = Lo que lo bajaría:
attacks-technical = Descripción técnica (en inglés)

attacks-l1 = ¿Son estos mensajes de una misma persona?
attacks-l1-what = Alguien toma dos mensajes, o todo lo que llegó bajo dos seudónimos, y dice si son de una misma persona. El número dice con qué frecuencia lo que es de una persona se parece más que lo que es de dos: 0,5 es adivinar, 1 es acertar siempre.
attacks-l1-lower = Menos cosas que permanezcan iguales, como direcciones e identificadores, y un mismo ritmo para todos, con señuelos entre los informes. Retrasar los mensajes, por sí solo, ayuda poco.

attacks-l2 = ¿Cuánto tiempo se puede seguir a una persona?
attacks-l2-what = Alguien encadena los mensajes que parecen de una misma persona. «longest-chain» es el número de horas durante las que se puede seguir a una persona sin error; a 95 de cada 100 no se las sigue más tiempo. «b-cubed» dice lo bien que todas las cadenas juntas se ajustan a las personas: 1 es sin ningún fallo.
attacks-l2-lower = Seudónimos que cambien antes, pero solo si el nuevo no se puede relacionar con el anterior: eso es lo que mide L1.

attacks-i1 = ¿A quién señalan cuatro lugares conocidos?
attacks-i1-what = Alguien sabe dónde estuvo una persona en cuatro momentos: un vecino, un empleador, quien tiene una fotografía. El número es la proporción de personas a las que eso permite distinguir entre todos los emisores, menos los errores: personas señaladas que ni siquiera usan el servicio.
attacks-i1-lower = Lugares que solo pueda abrir el rol que los necesita, zonas más amplias en las que encajen varias personas, seudónimos que cambien antes y ninguna dirección que les sobreviva. Difuminar los lugares sirve de poco.

attacks-i2 = ¿Con qué precisión se adivina el lugar?
attacks-i2-what = Alguien adivina desde dónde se envió un mensaje. El número es la distancia en metros entre lo adivinado y la verdad: cuanto mayor, mejor para las personas. «fewest-reporting» y «fewest-residents» cuentan personas: cuántas hay, como mínimo, detrás de un lugar que nombra un mensaje.
attacks-i2-lower = Lugares y zonas sellados para el rol que los necesita, zonas lo bastante grandes, ningún tema por zona y un solo tamaño para todos los mensajes.

attacks-n1 = ¿Puede un juez usar un mensaje contra quien lo envió?
attacks-n1-what = Se acusa a una persona de haber enviado un mensaje, y un juez ve lo que ve este adversario. ¿Puede distinguir los mensajes verdaderos de los falsificados? Con 0 la persona puede negarlo; con 1, no. «authority-commands» es al revés: quien dio una orden debe responder de ella, y 0 significa que se puede probar.
attacks-n1-lower = Claves compartidas por ambas partes en vez de firmas, ni dirección ni identificador propios ante el intermediario, turnos entre los que un mensaje falso parezca verdadero y un intermediario que no guarde registro.

attacks-de1 = ¿Está pasando algo urgente?
attacks-de1-what = Nadie lee nada. Y aun así alguien dice, por tamaños, momentos y conexiones, si hay algo urgente: en una persona, en un lugar o en un solo mensaje. 1 es acertar siempre; adivinar alcanza lo que la hora del día dice por sí sola, al menos 0,5.
attacks-de1-lower = Un solo tamaño para todos los mensajes, y turnos siempre llenos con un informe o un señuelo, para que una hora urgente no tenga ni un mensaje más. Ninguna conexión ni repetición que solo traigan los informes urgentes.

attacks-de2 = ¿Usa esta persona el servicio?
attacks-de2-what = Alguien conoce el nombre, la dirección o la casa de una persona y pregunta si usa el servicio. Para algunas personas ya es un peligro que se vea que piden ayuda. 0,5 es adivinar, 1 es acertar siempre; «outright» es la proporción de usuarios cuyo nombre o dirección está a la vista.
attacks-de2-lower = Un repetidor o una pasarela, para que nadie vea la dirección; ni nombre, ni cuenta, ni casa a la vista; lugares que comparta mucha gente.

attacks-de3 = ¿Qué aparato, qué rol o qué clase de mensaje?
attacks-de3-what = Solo por tamaños y momentos, alguien dice qué aparato es, qué clase de mensaje, para qué rol o detrás de qué pasarela. El número es la proporción de aciertos, junto a lo que alcanza adivinar a ciegas. Las variantes que terminan en «bits» dicen lo mismo en bits.
attacks-de3-lower = Un solo tamaño para todos los mensajes, también los señuelos, turnos que todos respeten y pasarelas que envíen por muchos. Solo con el tamaño queda el ritmo.

attacks-dd1 = ¿Qué campos se pueden leer?
attacks-dd1-what = De todo lo que sabía el aparato, ¿qué puede leer este adversario en el mensaje, con exactitud o de forma aproximada? El número es la proporción de campos que se leen; si la variante empieza por «fields», es cuántos hay en un mensaje. «not-needed» cuenta solo los que ningún rol necesita.
attacks-dd1-lower = No enviar lo que nadie necesita, sellar cada campo para los roles que lo necesitan y ningún identificador alrededor del contenido.

attacks-dd2 = ¿Cuántos bits se filtran?
attacks-dd2-what = ¿Cuánto ayuda un solo mensaje a adivinar, al primer intento, quién lo envió, desde qué zona o qué gravedad tiene? Un bit significa acertar el doble de veces que sin el mensaje; dos bits, el cuádruple. Con 0 no ayuda en nada.
attacks-dd2-lower = Un solo tamaño para todos los mensajes, la gravedad sellada, un solo tema para todos y ninguna dirección, identificador o contador que dure.

attacks-u1 = ¿Se informó a las personas, y funciona la retirada?
attacks-u1-what = «told» es la proporción de lo que llega a este adversario sin que ninguna nota informativa lo dijera antes a las personas. «withdrawal» dice durante cuántos segundos después de una retirada este adversario puede leer todavía lo enviado. En ambos casos se quiere 0.
attacks-u1-lower = Notas informativas que nombren también la parte de la red y del intermediario, dadas antes del primer informe; menos datos para menos destinatarios; claves que terminen con el consentimiento.

attacks-nc1 = ¿Desapareció lo que se borró?
attacks-nc1-what = «erased» es la proporción de datos borrados o caducados que todavía se abren, de los que alguien probó. «retention» es la proporción de almacenes que guardan algo más tiempo del permitido. En ambos casos se quiere 0; si se probó poco, la cota alta sigue siendo grande.
attacks-nc1-lower = Borrar claves en vez de copias, ninguna copia de seguridad que tenga ambas cosas, ningún mensaje personal que retenga el intermediario y almacenes que borren por sí solos.
