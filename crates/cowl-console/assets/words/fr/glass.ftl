# Bris de glace.

glass-what = Aucun rôle ne lit tout. Ce que seuls les dépositaires peuvent ouvrir, comme un lieu exact ou un nom, plusieurs d’entre eux l’ouvrent ensemble, pour un seul message, pour une raison. Le journal le dit avant que cela arrive.
glass-how-to-ask = En avez-vous besoin pour un message ? Demandez sur sa propre page, sous Opérations, ou faites un brouillon avec : cowl glass request CREDENTIAL REPORT --by NOM --reason POURQUOI. Remettez ensuite le fichier ici. L’autorité l’examine.
glass-draft = Le fichier d’un brouillon
glass-draft-help = Tel que cowl glass request l’a écrit. Son nom finit par .draft
glass-draft-send = Remettre
glass-draft-sign = Recevoir
glass-drafts = En attente de l’autorité
glass-open = Demandes
glass-none = Il n’y a aucune demande.
glass-request-of = Demande de { $who }
glass-request = Demande
glass-over = Son délai est passé.
glass-answers = { $n ->
    [0] Personne n’est encore d’accord
    [one] { $n } dépositaire est d’accord
   *[other] { $n } dépositaires sont d’accord
}
glass-by = Qui demande
glass-reason = Pourquoi
glass-report = Pour le message
glass-about = Envoyé par
glass-made = Demandé le
glass-expires = Finit le
glass-gone = Cette demande n’est plus ici.
glass-not-draft = Ce fichier n’est pas un brouillon de demande. Rien n’a été changé.
glass-not-answer = Ce fichier n’est pas la réponse d’un dépositaire. Rien n’a été changé.
glass-other-answer = Cette réponse est pour une autre demande. Rien n’a été changé.
glass-not-custodian = Seul un dépositaire peut le faire, à son propre poste.

glass-sign-title = Laisser les dépositaires décider ?
glass-sign-does = Si vous signez, le journal dit que quelqu’un demande à ouvrir un message, sans nom. Les dépositaires peuvent alors répondre. Cela n’ouvre rien.
glass-sign = Signer
glass-discard = Jeter

glass-custodian = Vous êtes dépositaire. Vous voyez qui demande et pourquoi, et vous décidez seul. Votre réponse n’ouvre rien à elle seule.
glass-request-file = Le fichier d’une demande
glass-request-help = Si l’autorité vous en a envoyé un. Son nom finit par .request
glass-request-look = L’examiner
glass-answered = Réponses
glass-your-part = Votre décision
glass-agree-does = Si vous êtes d’accord, votre part répond à cette seule demande. Avec assez d’autres réponses, l’autorité ouvre ce seul message, et aucun autre.
glass-again = Même si j’ai déjà accepté d’ouvrir ce message
glass-agree = Je suis d’accord
glass-disagree = Je ne suis pas d’accord
glass-agreed = Vous êtes d’accord.
glass-answer-file = Enregistrer votre réponse dans un fichier, pour une autorité sur une autre machine

glass-authority = Pour l’autorité
glass-send = Enregistrer la demande, pour l’envoyer aux dépositaires sur d’autres machines
glass-answer = La réponse d’un dépositaire
glass-answer-help = Telle que cowl glass approve, ou la console du dépositaire, l’a écrite. Son nom finit par .partial
glass-answer-add = Ajouter la réponse
glass-open-does = Cela ouvre le message si assez de dépositaires sont d’accord. Le journal dit d’abord combien ils étaient et qu’il a été ouvert. Puis il est montré ici une minute, et gardé nulle part.
glass-open-sure = J’ai besoin de le voir maintenant
glass-open-now = Ouvrir et montrer une minute
glass-open-not-sure = Rien n’a été ouvert : la case n’était pas cochée.

glass-opened = Ce que les dépositaires ont ouvert
glass-entries = Ce qu’en dit le journal
glass-agreed-by = D’accord : { $names }
glass-plain = Le message
glass-cover = C’était un leurre : il ne dit rien.
glass-forgets = { $n ->
    [one] Oublié dans { $n } seconde.
   *[other] Oublié dans { $n } secondes.
}
glass-forgotten = C’est oublié. Pour le revoir, ouvrez-le encore : le journal le dira aussi.
glass-hide = Cacher maintenant

glass-case = Demander aux dépositaires d’en ouvrir plus
glass-case-title = Demander aux dépositaires d’ouvrir un message
glass-case-newest = (le plus récent)
glass-case-by-help = Une personne, une équipe. Les dépositaires le voient.
glass-case-reason-help = Les dépositaires le voient et décident d’après cela. Dites-le simplement ; des noms de personnes n’ont rien à faire ici s’ils ne sont pas nécessaires.
glass-case-not-kept = L’archive n’a rien de ce message que des dépositaires pourraient ouvrir.
glass-case-words = Il faut dire qui demande et pourquoi, en mots simples sur une ligne. Rien n’a été remis.
glass-case-asked = Remis. L’autorité regarde, et signe ou jette.
