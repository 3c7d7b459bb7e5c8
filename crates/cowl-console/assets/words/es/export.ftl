# Los mensajes en formas de otros, y zonas de otros.

export-no-reports = En este puesto no se lee ningún mensaje: no hay nada que exportar aquí.
export-what = Lo que el rol { $role } puede leer hoy, para mapas y tablas de otros: nada más fino, sin identificadores ni seudónimos, la hora al minuto.
export-precise = La precisión de cada campo
export-which = Qué
export-counts = Números por zona
export-counts-help = Cuántos mensajes hay en cada zona, por color de triaje. Por debajo de { $k } dice «<{ $k }», y se omiten los totales que delatarían un número pequeño.
export-reports = Cada mensaje
export-reports-help = Quien recibe el archivo lee lo que este rol lee. Entréguelo solo a personas a quienes se daría el rol.
export-form = Forma
export-geojson = GeoJSON
export-geojson-help = Para mapas: QGIS, uMap, Leaflet. Las zonas con sus contornos.
export-hxl = CSV con etiquetas HXL
export-hxl-help = Para hojas de cálculo y herramientas humanitarias: una fila de etiquetas bajo la cabecera.
export-cot = Cursor on Target
export-cot-help = Para TAK. Un evento por mensaje, en el centro de su zona, con el radio de la zona. No tiene números.
export-since = Desde cuándo
export-last-hour = La última hora
export-last-six = Las últimas seis horas
export-last-day = El último día
export-last-week = La última semana
export-all = Todo lo que se conserva
export-logged = El registro de la operación anota que se hace un archivo, y de qué clase, antes de hacerlo.
export-told = Le digo a la autoridad que se hizo este archivo
export-told-help = La carpeta de la operación no está en esta consola: su registro no puede anotarlo por sí mismo.
export-not-told = No se hizo nada: la autoridad debe saber de cada exportación. Vuelva atrás y diga que la avisa.
export-make = Hacer el archivo
export-no-counts = Cursor on Target no tiene números: un evento es un mensaje. Elija GeoJSON o CSV para los números.
export-busy = Se está haciendo otro archivo. Espere un momento y repítalo.
export-too-large = El archivo sería demasiado grande. Elija un tiempo más corto. No se hizo ningún archivo.
export-unreadable = No se pueden leer los mensajes conservados. No se hizo ningún archivo. La persona que lleva la consola puede comprobarlos con: cowl archive check
export-gone = Este archivo ya no está aquí. Hágalo de nuevo.
export-made = { $n ->
    [one] El archivo está hecho: un mensaje figura o se cuenta en él.
   *[other] El archivo está hecho: { $n } mensajes figuran o se cuentan en él.
}
export-no-place = { $n ->
    [one] Se omite un mensaje: no tiene lugar, y esta forma necesita uno.
   *[other] Se omiten { $n } mensajes: no tienen lugar, y esta forma necesita uno.
}
export-other-roles = { $n ->
    [one] Se omite un mensaje: su rol ya no lee mensajes.
   *[other] Se omiten { $n } mensajes: su rol ya no lee mensajes.
}
export-damaged = { $n ->
    [one] Se omite un mensaje: está dañado.
   *[other] Se omiten { $n } mensajes: están dañados.
}
export-save = Guardar el archivo ({ $n } KiB)
export-leaves = Una vez guardado, este archivo está fuera de la operación: ninguna retirada ni orden de borrado lo alcanza. Bórrelo cuando haya servido.
export-gone-in = { $n ->
    [one] Se puede guardar durante un minuto más.
   *[other] Se puede guardar durante { $n } minutos más.
}
export-another = Hacer otro archivo
export-zones = Importar zonas
export-zones-what = Reemplaza los contornos de un nivel de zonas, por ejemplo por los municipios que usan sus socios. Todos los reciben con el próximo manifiesto; los mensajes enviados antes conservan sus zonas.
export-zones-none = La política no tiene ningún nivel de zonas con contornos. Para tener uno, escriba polygons = "zones.geojson" en un nivel de policy.toml.
export-zones-policy = policy.toml no se puede usar así:
export-zones-level = Nivel de zonas
export-zones-file = Archivo GeoJSON
export-zones-file-help = Polígonos en grados WGS 84, 2 MiB como máximo. Deben caber en el manifiesto: simplifique antes los contornos detallados.
export-zones-property = Propiedad con el nombre de la zona (si es otra)
export-zones-property-help = Vacío: la que nombra la política.
export-zones-import = Comprobar e importar
export-zones-not-text = Este archivo no es texto. Elija un archivo GeoJSON. No se cambió nada.
export-zones-wrong = Estas zonas no se pueden usar. No se cambió nada.
export-zones-done = { $n ->
    [one] Se tomó una zona.
   *[other] Se tomaron { $n } zonas.
}
export-zones-then = Se firmó un nuevo manifiesto. cowl serve lo entrega a todos.
