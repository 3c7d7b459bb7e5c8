# El registro de la operación.

log-none = Esta operación aún no tiene registro. Empieza con el próximo cambio.
log-what = Cada inscripción, baja, clave nueva, informe abierto y exportación se escribe aquí antes de hacerse. Nada se puede cambiar ni quitar sin que la comprobación lo encuentre.
log-kept = Un punto de control que usted guardó (si tiene uno)
log-kept-help = Con él, la comprobación también encuentra lo que se cortó o se cambió desde entonces.
log-verify = Comprobar todo el registro
log-checkpoint = El punto de control más reciente
log-size = Entradas
log-root = Huella de todas ellas
log-key = Clave con la que otros lo comprueban
log-keep = Guardar este punto de control, y conservarlo en otro lugar
log-entries = Entradas, la más reciente primero
log-number = Número
log-time = Hora
log-event = Qué se hizo
log-who = Quién
log-newer = Más recientes
log-older = Más antiguas
log-unknown = Algo que esta versión no conoce
log-created = Se creó la operación
log-begun = { $n ->
    [one] El registro empieza; antes había { $n } miembro inscrito
   *[other] El registro empieza; antes había { $n } miembros inscritos
}
log-repaired = { $n ->
    [one] La máquina se detuvo: la entrada anterior quizá habla de algo que no ocurrió
   *[other] La máquina se detuvo: las { $n } entradas anteriores quizá hablan de algo que no ocurrió
}
log-manifest = Se firmó el manifiesto { $n }
log-enrolled-device = Se inscribió o invitó a un dispositivo
log-enrolled-responder = Se inscribió o invitó a un interviniente
log-enrolled-gateway = Se inscribió o invitó a una pasarela
log-enrolled-relay = Se inscribió o invitó a un relé
log-retracted = Se anuló una inscripción
log-joined = Un miembro entró con un tique
log-revoked-device = Se dio de baja a un dispositivo
log-revoked-responder = Se dio de baja a un interviniente
log-revoked-gateway = Se dio de baja a una pasarela
log-revoked-relay = Se dio de baja a un relé
log-rotated = Claves nuevas para todos
log-token-key = Clave de fichas del periodo { $n }
log-command = Se dio la orden { $n }
log-glass-requested = Romper el cristal: alguien lo pide. Solicitud { $what }
log-glass-approved = Romper el cristal: un custodio está de acuerdo. Solicitud { $what }
log-glass-opened = Romper el cristal: se abre un informe. Solicitud { $what }
log-exported = Exportado: { $what }
log-erased = Borrado: { $what }
log-shares = Las claves de la autoridad se repartieron en { $n } partes; { $m } bastan para recuperarlas
log-restored = La operación se reconstruyó con partes o con una copia
log-closed = La operación terminó
log-verified = El registro se comprobó
log-good = { $n ->
    [one] La única entrada está como la firmó la autoridad.
   *[other] Las { $n } entradas están como las firmó la autoridad.
}
log-grew = { $n ->
    [one] Solo creció desde su punto de control de { $n } entrada.
   *[other] Solo creció desde su punto de control de { $n } entradas.
}
log-unsigned = { $n ->
    [one] Otra entrada se escribió cuando la máquina se detuvo. El próximo cambio la firma.
   *[other] Otras { $n } entradas se escribieron cuando la máquina se detuvo. El próximo cambio las firma.
}
log-bad = { $n ->
    [one] Hay algo mal. Este registro no es lo que firmó la autoridad, o no es lo que usted guardó.
   *[other] Hay { $n } cosas mal. Este registro no es lo que firmó la autoridad, o no es lo que usted guardó.
}
log-bad-help = Antes de nada, guarde una copia de la carpeta. Después vea: cowl log repair --help
log-bad-checkpoint = No se puede creer un punto de control: { $what }
log-bad-file = Falta un archivo o está cortado: { $what }
log-bad-entry = La entrada { $n } no es la que se firmó
log-bad-hashes = Las huellas no corresponden a las entradas: { $what }
log-bad-root = Las { $n } entradas no son las que firma el punto de control
log-bad-stray = Un archivo que no debe estar ahí: { $what }
log-bad-cut = Se cortaron entradas: había { $had }, hay { $has }
log-bad-fork = Hay dos registros distintos de { $n } entradas, ambos firmados
log-bad-witness = Un testigo no firmó: { $what }
log-not-checkpoint = Este archivo no es un punto de control. Elija el que guardó aquí. No se comprobó nada.
log-back = Volver al registro
