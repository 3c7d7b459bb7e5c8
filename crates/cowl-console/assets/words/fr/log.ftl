# Le journal de l’opération.

log-none = Cette opération n’a pas encore de journal. Il commence au prochain changement.
log-what = Chaque inscription, exclusion, nouvelle clé, message ouvert et export est écrit ici avant d’être fait. Rien ne peut être changé ou retiré sans que le contrôle le trouve.
log-kept = Un point de contrôle que vous avez gardé (si vous en avez un)
log-kept-help = Avec lui, le contrôle trouve aussi ce qui a été coupé ou remplacé depuis.
log-verify = Contrôler tout le journal
log-checkpoint = Le point de contrôle le plus récent
log-size = Entrées
log-root = Empreinte de toutes les entrées
log-key = Clé avec laquelle d’autres le contrôlent
log-keep = Enregistrer ce point de contrôle, et le garder ailleurs
log-entries = Entrées, la plus récente d’abord
log-number = Numéro
log-time = Heure
log-event = Ce qui a été fait
log-who = Qui
log-newer = Plus récentes
log-older = Plus anciennes
log-unknown = Quelque chose que cette version ne connaît pas
log-created = L’opération a été créée
log-begun = { $n ->
    [one] Le journal commence ; { $n } membre était inscrit avant
   *[other] Le journal commence ; { $n } membres étaient inscrits avant
}
log-repaired = { $n ->
    [one] La machine s’est arrêtée : l’entrée précédente parle peut-être de ce qui n’a pas eu lieu
   *[other] La machine s’est arrêtée : les { $n } entrées précédentes parlent peut-être de ce qui n’a pas eu lieu
}
log-manifest = Le manifeste { $n } a été signé
log-enrolled-device = Un appareil a été inscrit ou invité
log-enrolled-responder = Un intervenant a été inscrit ou invité
log-enrolled-gateway = Une passerelle a été inscrite ou invitée
log-enrolled-relay = Un relais a été inscrit ou invité
log-retracted = Une inscription a été annulée
log-joined = Un membre est entré avec un ticket
log-revoked-device = Un appareil a été exclu
log-revoked-responder = Un intervenant a été exclu
log-revoked-gateway = Une passerelle a été exclue
log-revoked-relay = Un relais a été exclu
log-rotated = De nouvelles clés pour tous
log-token-key = Clé des jetons de la période { $n }
log-command = L’ordre { $n } a été donné
log-glass-requested = Bris de glace : quelqu’un demande. Demande { $what }
log-glass-approved = Bris de glace : un dépositaire est d’accord. Demande { $what }
log-glass-opened = Bris de glace : un message est ouvert. Demande { $what }
log-exported = Exporté : { $what }
log-erased = Effacé : { $what }
log-shares = Les clés de l’autorité ont été partagées en { $n } parts ; { $m } suffisent pour les retrouver
log-restored = L’opération a été reconstruite à partir de parts ou d’une sauvegarde
log-closed = L’opération est terminée
log-verified = Le journal a été contrôlé
log-good = { $n ->
    [one] La seule entrée est telle que l’autorité l’a signée.
   *[other] Les { $n } entrées sont telles que l’autorité les a signées.
}
log-grew = { $n ->
    [one] Il n’a fait que grandir depuis votre point de contrôle de { $n } entrée.
   *[other] Il n’a fait que grandir depuis votre point de contrôle de { $n } entrées.
}
log-unsigned = { $n ->
    [one] { $n } autre entrée a été écrite quand la machine s’est arrêtée. Le prochain changement la signe.
   *[other] { $n } autres entrées ont été écrites quand la machine s’est arrêtée. Le prochain changement les signe.
}
log-bad = { $n ->
    [one] Une chose ne va pas. Ce journal n’est pas ce que l’autorité a signé, ou pas ce que vous avez gardé.
   *[other] { $n } choses ne vont pas. Ce journal n’est pas ce que l’autorité a signé, ou pas ce que vous avez gardé.
}
log-bad-help = Gardez une copie du dossier avant toute chose. Voyez ensuite : cowl log repair --help
log-bad-checkpoint = On ne peut pas croire un point de contrôle : { $what }
log-bad-file = Un fichier manque ou est coupé : { $what }
log-bad-entry = L’entrée { $n } n’est pas celle qui a été signée
log-bad-hashes = Des empreintes ne vont pas avec les entrées : { $what }
log-bad-root = Les { $n } entrées ne sont pas celles que signe le point de contrôle
log-bad-stray = Un fichier qui n’a rien à faire là : { $what }
log-bad-cut = Des entrées ont été coupées : il y en avait { $had }, il y en a { $has }
log-bad-fork = Il y a deux journaux différents de { $n } entrées, tous deux signés
log-bad-witness = Un témoin n’a pas signé : { $what }
log-not-checkpoint = Ce fichier n’est pas un point de contrôle. Choisissez celui que vous avez enregistré ici. Rien n’a été contrôlé.
log-back = Retour au journal
