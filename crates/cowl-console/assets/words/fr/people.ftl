# Les membres de l’opération, et ce que fait l’autorité.

people-deeds = Ce que vous pouvez faire
people-enrol = Inscrire quelqu’un
people-lost = Un téléphone ou un ordinateur est perdu
people-reads = Qui a pu lire quoi, et quand
people-rotate = De nouvelles clés pour tous
people-counts = Combien
people-device = Appareil
people-responder = Intervenant
people-gateway = Passerelle
people-relay = Relais
people-invited = Invités, pas encore venus
people-revoked = Exclu
people-expiring = { $n ->
    [one] Les clés d’un membre finissent bientôt : il n’en a pas demandé de nouvelles.
   *[other] Les clés de { $n } membres finissent bientôt : ils n’en ont pas demandé de nouvelles.
}
people-late = { $n ->
    [one] Un ticket est périmé et personne ne l’a utilisé.
   *[other] { $n } tickets sont périmés et personne ne les a utilisés.
}
people-twice = { $n ->
    [one] Un membre envoie depuis deux machines : ses clés ont peut-être été copiées.
   *[other] { $n } membres envoient depuis deux machines : leurs clés ont peut-être été copiées.
}
people-expiring-short = Clés bientôt finies
people-late-short = Ticket périmé
people-twice-short = Envoie depuis deux machines
people-twice-help = Il envoie depuis deux machines. Ses clés ont peut-être été copiées : excluez-le, puis inscrivez-le de nouveau.
people-show-them = Les montrer
people-all = Tous les membres
people-name = Nom
people-which = Lesquels
people-find = Chercher
people-table = Membres
people-what = Ce que c’est
people-roles = Rôles
people-standing = Situation
people-asked = Dernière demande de clés
people-keys = A des clés jusqu’au
people-identities = Identités
people-note = Remarque
people-none-found = Personne ne correspond.
people-found = { $n ->
    [one] { $n } trouvé.
   *[other] { $n } trouvés.
}
people-before = Précédents
people-further = Suivants
people-is-member = Membre
people-is-invited = Invité jusqu’au
people-is-revoked = Exclu
people-nobody = Aucun membre n’a ce nom.
people-member = Membre
people-cancel = Ne rien faire

people-exposed-if = Si quelqu’un d’autre a cette machine
people-exposed-still = Ce que peut encore faire celui qui a cette machine
people-exposed-sends = Elle peut envoyer jusqu’à ce que les intervenants prennent la prochaine liste de clés : jusqu’au { $time }, si cowl serve fonctionne.
people-exposed-keys = Ses clés durent jusqu’au { $time }. Celui qui a pris la nouvelle liste refuse ce qu’elle envoie. Elle ne lit aucun message.
people-exposed-relay = Elle peut encore déballer ce que les téléphones lui donnent, et voit leurs adresses réseau, jusqu’au { $time }. Elle ne lit aucun message.
people-exposed-tokens = Elle peut se connecter avec ses jetons restants jusqu’au { $time }, et n’en reçoit plus.
people-exposed-opens = Elle ouvre les messages du { $from } au { $to }.
people-exposed-nothing = Elle n’ouvre rien : elle n’a jamais eu de clés.
people-exposed-copied = Si ses clés ont été copiées plus tôt, aussi les messages que quelqu’un a enregistrés depuis le { $time }.
people-exposed-later = Elle n’ouvre rien de ce qui est envoyé plus tard.
people-exposed-login = L’identifiant du serveur est partagé, donc elle peut encore se connecter.
people-exposed-login-tokens = L’identifiant du serveur est partagé : elle peut encore demander et écouter, mais pas envoyer.

people-revoke = Exclure ce membre
people-revoke-does = Ce que cela fait
people-revoke-keys = Il ne reçoit plus de clés, et ce qu’il envoie est refusé.
people-revoke-others = Personne d’autre n’a rien à faire.
people-revoke-log = Le journal dit qu’un membre a été exclu, sans son nom.
people-revoke-final = C’est définitif. Pour le laisser revenir, inscrivez-le de nouveau sous un autre nom.
people-revoke-now = Exclure maintenant

people-enrol-how = Vous obtenez un code QR. Une machine peut entrer avec lui, une seule fois. Il ne contient aucune clé.
people-enrol-again = Inscrire à sa place
people-name-help = Seule l’autorité de l’opération le voit. 100 lettres au plus.
people-device-help = Envoie ses propres messages.
people-responder-help = Lit les messages de ses rôles.
people-gateway-help = Envoie pour plusieurs appareils qui ne le peuvent pas eux-mêmes.
people-relay-help = Transmet ce que les téléphones envoient, pour que personne ne voie d’où.
people-enrol-roles = Rôles que lit un intervenant
people-enrol-devices = Appareils d’une passerelle
people-enrol-at = Adresse où l’on entre
people-enrol-at-help = Là où cowl serve --http répond, vu depuis les téléphones.
people-enrol-valid = Le ticket est valable
people-valid-hour = Une heure
people-valid-day = Un jour
people-valid-week = Une semaine
people-valid-month = Quatre semaines
people-enrol-now = Faire le ticket
people-wrong-name = Écrivez un nom de 1 à 100 lettres.
people-wrong-taken = Un membre a déjà eu ce nom. Choisissez-en un autre.
people-wrong-roles = Choisissez au moins un rôle que l’opération possède.
people-wrong-devices = Une passerelle a entre 1 et 10 000 appareils.
people-wrong-at = Ce n’est pas une adresse. Écrivez un nom ou un nombre à points, et un port : 192.0.2.7:8080
people-wrong-service = L’opération n’a pas de clé pour laisser entrer des personnes : agrandissez manifest_size dans policy.toml.
people-no-ticket = Aucun ticket n’a été fait. Essayez encore.

people-ticket = Ticket
people-ticket-made = Le ticket pour { $name } est prêt.
people-ticket-until = Il sert une fois, jusqu’au { $time }.
people-ticket-scan = Faites scanner ce code au nouveau membre.
people-ticket-alt = Code QR du ticket. La ligne ci-dessous dit la même chose.
people-ticket-type = Ou tapez : cowl join, puis cette ligne
people-ticket-secret = Qui a ce code peut entrer à la place de cette personne. Donnez-le comme une clé.
people-ticket-gone-in = { $n ->
    [one] Cette page l’oublie dans { $n } minute.
   *[other] Cette page l’oublie dans { $n } minutes.
}
people-ticket-gone = Ce ticket n’est plus montré. Si personne ne l’a scanné, inscrivez de nouveau le même nom : cela fait un nouveau ticket.
people-ticket-hide = Le cacher maintenant

people-rotate-when = Pour le cas où des clés à venir sont peut-être en de mauvaises mains, par exemple une copie du dossier roles. Pour un téléphone perdu, excluez plutôt ce téléphone.
people-rotate-from = Toutes les clés sont nouvelles à partir du { $time }.
people-rotate-senders = { $n ->
    [one] { $n } appareil, passerelle ou relais doit demander ses nouvelles clés avant. Il le fait tout seul.
   *[other] { $n } appareils, passerelles et relais doivent demander leurs nouvelles clés avant. Ils le font tout seuls.
}
people-rotate-responders = { $n ->
    [one] { $n } intervenant reçoit ses nouvelles clés tout seul.
   *[other] { $n } intervenants reçoivent leurs nouvelles clés tout seuls.
}
people-rotate-lost = { $n ->
    [one] { $n } membre ne peut pas demander : inscrivez-le de nouveau.
   *[other] { $n } membres ne peuvent pas demander : inscrivez-les de nouveau.
}
people-rotate-old = Qui a les anciennes clés peut encore ouvrir ce qui a été envoyé avant.
people-rotate-serve = cowl serve doit fonctionner. Les personnes non inscrites ont besoin du nouveau manifeste.
people-rotate-sure = Je veux de nouvelles clés pour tous
people-rotate-now = Tirer de nouvelles clés
people-rotate-not-sure = Rien n’a été changé : la case n’était pas cochée.
people-rotate-twice = De nouvelles clés ont déjà été tirées. Rien d’autre n’a été changé.
people-rotated = C’est fait : toutes les clés sont nouvelles à partir du { $time }.
people-rotated-next = Laissez fonctionner cowl serve, et donnez le nouveau manifeste aux personnes non inscrites.

people-lost-why = Quatre étapes. Elles prennent une minute. Faites-les tout de suite : chaque heure compte.
people-lost-1 = 1. Lequel est-ce ?
people-lost-2 = 2. Lui retirer ses clés
people-lost-3 = 3. Ce que peut encore faire celui qui l’a trouvé ou volé
people-lost-4 = 4. Un nouveau
people-lost-name = Une partie de son nom
people-lost-other = C’est un autre
people-lost-revoked = C’est fait. Ses clés lui sont retirées.
people-lost-new = Donnez un nouveau ticket à son propriétaire.
people-lost-after = Ensuite, donnez un nouveau ticket à son propriétaire, sur cette page.

people-reads-how = D’abord ce que chaque rôle peut lire d’un message, et avec quelle précision. Puis qui a eu les clés, de quand à quand. Qui a eu des clés a pu garder ce qu’il a lu.
people-reads-policy = Selon la politique { $policy }, manifeste { $manifest }.
people-reads-kept = Gardé { $time } au plus.
people-reads-census = Reçoit seulement la zone, pour compter les personnes. Jamais ce qu’elles disent.
people-reads-no-reader = Personne n’a eu ces clés.
people-reads-who = Qui a eu les clés
people-reads-from = Du
people-reads-until = Au
people-reads-now = maintenant
people-reads-what = Ce qu’il lit
people-reads-field = Champ
people-reads-precision = Avec quelle précision
people-reads-custody = Dépositaires
people-reads-custody-how = { $m } dépositaires sur { $n } peuvent ensemble ouvrir ceci, d’un message à la fois. Chaque fois est dans le journal.
people-reads-nobody = Le serveur et le réseau n’en lisent rien.
