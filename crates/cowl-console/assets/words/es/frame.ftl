# Lo que rodea cada página.

frame-name = Consola Cowl
frame-own-name = Español
frame-skip = Ir al contenido
frame-nav = Páginas
frame-nav-operations = Operaciones
frame-nav-seat = Mi puesto
frame-nav-sides = Lo que ve el intermediario
frame-nav-privacy = Privacidad
frame-language = Idioma
frame-switch = Cambiar
frame-back = Volver al inicio
frame-continue = Continuar
frame-refused = Eso no se hizo
frame-signed-in = Ha iniciado sesión.
frame-signed-out = Ha cerrado la sesión.
frame-how-to-sign-in = Para entrar, abra un enlace de acceso. Los tiene la persona que inició la consola: se muestran al iniciarla, y los más recientes están en el archivo sign-in.txt de su carpeta. Cada enlace sirve una sola vez.
frame-link-used = Este enlace ya se usó, o es demasiado antiguo. Si no fue usted quien lo usó, avise a la persona que gestiona la consola.
frame-link-not-renewed = La consola no puede escribir sus archivos, así que nadie ha entrado. Avise a la persona que la gestiona.
frame-nothing-here = Esa página no existe.
frame-not-authority = Para esto hace falta el enlace de la autoridad. El suyo es para leer.
frame-not-this-seat = Su puesto no muestra esta página.
frame-not-a-form = Lo enviado no es un formulario de esta consola. No se cambió nada.
frame-not-own-form = Este formulario es de una sesión anterior. Abra la página otra vez y repítalo. No se cambió nada.
frame-too-large = Lo enviado es demasiado grande. No se cambió nada.
frame-too-slow = Tardó demasiado en llegar. No se cambió nada.
frame-seat-role = Usted ve lo que este rol puede leer, y nada más: { $role }
frame-seat-none = Aquí no ve ningún informe: esta consola no tiene las claves de ningún rol.
frame-seat-authority = También trabaja para la autoridad: puede inscribir y dar de baja a personas, crear claves nuevas y comprobar el registro.
frame-seat-ends = La sesión se cierra tras una hora sin un clic, y tras doce horas en todo caso.
frame-exposed = Otras máquinas pueden llegar a esta consola por HTTP simple. Quien esté en el camino puede leer y cambiar todo lo que usted ve.
frame-sign-out = Cerrar sesión
frame-nav-people = Personas y claves
frame-nav-log = Registro
frame-nav-glass = Romper el cristal
frame-nav-export = Exportar
frame-failed = No se pudo hacer. No se cambió nada. La operación dice por qué:
frame-days = { $n ->
    [one] un día
   *[other] { $n } días
}
frame-hours = { $n ->
    [one] una hora
   *[other] { $n } horas
}
frame-minutes = { $n ->
    [one] un minuto
   *[other] { $n } minutos
}
frame-seconds = { $n ->
    [one] un segundo
   *[other] { $n } segundos
}
