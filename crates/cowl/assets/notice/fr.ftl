# Ce qu'une personne lit avant d'envoyer.

language = français
title = Avant d'envoyer : qui lit quoi, et pourquoi
operation = Opération : { $name }
fingerprint = Empreinte de l'organisation, à comparer avec celle que montrent les secours : { $fingerprint }
warning-dangerous = Attention : cette opération fonctionne sans protection complète. D'autres que ceux nommés ici pourraient lire ce que vous envoyez.

what-heading = Ce qui est envoyé
what-only = Seul ce qui figure ici quitte votre appareil. Tout le reste est supprimé.
field-purpose = Pourquoi : { $purpose }
field-basis = Base juridique : { $basis }
field-required = Nécessaire : sans cela, le signalement n'est pas envoyé.
field-optional = Vous pouvez ne pas l'indiquer.
field-choice = Désactivé : n'est pas envoyé sans votre accord.
field-nobody = Personne ne le lit.
reads = { $role } : { $precision }

precision-exact = exactement comme vous l'indiquez
precision-decimals = { $decimals ->
    [0] arrondi à l'unité
    [1] arrondi à une décimale
   *[other] arrondi à { $decimals } décimales
}
precision-step = arrondi par pas de { $step }
precision-place-exact = votre position exacte
precision-place-decimals = { $decimals ->
    [0] votre position, à 100 kilomètres près environ
    [1] votre position, à 10 kilomètres près environ
    [2] votre position, à un kilomètre près environ
    [3] votre position, à 100 mètres près environ
    [4] votre position, à 10 mètres près environ
   *[other] votre position exacte
}
precision-zone = seulement la zone ({ $zone }) ; une zone plus grande là où moins de { $k } personnes font un signalement
precision-zone-always = la zone ({ $zone }), même si vous y êtes seul ou seule
precision-grain = l'heure, arrondie par tranches ({ $duration })

readers-heading = Qui le lit, et combien de temps c'est gardé
reader = { $role } : { $purpose }
reader-kept = Durée de conservation maximale : { $duration }.
reader-census = Ne reçoit que la zone, pour compter les personnes. Jamais ce que vous signalez.
readers-others = Personne d'autre ne peut le lire : ni le réseau, ni le serveur qui le transmet, ni les groupes qui ne sont pas nommés.
readers-outside = Ce que d'autres peuvent quand même remarquer : que votre appareil se connecte, d'où et quand.

custody-heading = Seulement en cas d'urgence
custody = { $m } personnes désignées sur { $n }, ensemble, peuvent ouvrir ceci, un signalement à la fois, et chaque ouverture est consignée : { $fields }.
custody-purpose = Pourquoi : { $purpose }

choice-heading = Votre choix
choice-help = L'aide ne dépend pas de votre choix. Vous serez aidé, quoi que vous décidiez de ne pas indiquer.
choice-optional = Vous pouvez ne pas indiquer : { $fields }.
choice-off = N'est pas envoyé, sauf si vous l'activez : { $fields }.
choice-withdraw = Vous pouvez revenir sur votre décision. Avec un reçu, vous obtenez douze mots ; la personne qui les donne fait effacer ce qui a été envoyé sous ces mots. Gardez-les pour vous.
choice-undone = Ce que les secours ont déjà fait de ces informations ne peut pas être annulé.

ask-heading = Questions et réclamations
ask-contact = À qui s'adresser : { $contact }
ask-nobody = L'organisation n'a indiqué personne à qui s'adresser. Demandez à la personne qui vous a remis cet appareil.
ask-rights = Vous pouvez demander ce qui est conservé à votre sujet, le faire corriger ou effacer, et porter plainte auprès de l'autorité de protection des données, là où il y en a une.

untranslated = Certains textes sont ceux de l'organisation elle-même ; il n'en existe pas de traduction.

question-send = { $count ->
    [one] Envoyer ce signalement ?
   *[other] Envoyer ces { $count } signalements ?
}
question-share = Envoyer aussi ceci : { $field } ?
answer-yes = oui
answer-no = non

receipt-code = Vos douze mots. Notez-les ; personne d'autre ne les a, et personne ne pourra vous les redonner :

days = { $n ->
    [one] { $n } jour
   *[other] { $n } jours
}
hours = { $n ->
    [one] { $n } heure
   *[other] { $n } heures
}
minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
seconds = { $n ->
    [one] { $n } seconde
   *[other] { $n } secondes
}

label-temperature = Température
label-severity = Degré d'urgence
label-position = L'endroit où vous êtes
label-battery = Batterie
label-person = Nom
label-contact = Numéro de téléphone
label-note = Remarque
label-topic = Sujet technique (topic)
label-time = Heure
role-triage = Tri des urgences
role-medical = Équipe médicale
role-rescue = Équipe de sauvetage
role-census = Comptage
purpose-temperature = Repérer le feu, le froid et la fièvre
purpose-severity = Aider d'abord les plus gravement blessés
purpose-position = Vous trouver
purpose-battery = Savoir combien de temps vous resterez joignable
purpose-person = Vous appeler par votre nom et donner de vos nouvelles à votre famille
purpose-contact = Vous rappeler
purpose-note = Tout ce que les secours doivent savoir
purpose-topic = Permettre aux outils des secours de fonctionner
purpose-time = Distinguer les signalements anciens des nouveaux
purpose-triage = Décider qui est aidé en premier
purpose-medical = Soigner les blessés
purpose-rescue = Trouver les personnes et les dégager
purpose-census = Compter les signalements de chaque zone
purpose-custody = Retrouver une personne en danger grave qui ne répond pas
basis-vital = RGPD, art. 6(1)(d), intérêts vitaux
basis-vital-health = RGPD, art. 6(1)(d) et 9(2)(c), intérêts vitaux

# In the notice of `cowl records` only; not part of what is hashed.
article-heading = Ce que la loi demande de dire en plus (RGPD, article 13)
article-controller = Responsable
article-representative = Représentant dans l'Union européenne
article-officer = Délégué à la protection des données
article-authority = Autorité à qui porter plainte
article-rights = Vous pouvez aussi demander que l'usage de vos données soit limité, vous y opposer, en demander une copie pour l'emporter ailleurs, et retirer un consentement ; ce qui a été fait avant reste licite.
article-transfers = Envoyé à d'autres pays ou à des organisations internationales :
article-transfers-none = Rien n'est envoyé à d'autres pays ni à des organisations internationales.
article-automatic = Ici, aucune machine ne décide à votre sujet. Les signalements urgents passent seulement en premier.
article-signed = Signé par l'organisation
article-confirmed = L'organisation a signé le texte ci-dessus, jusqu'à cette liste, avec son manifeste.
article-unconfirmed = L'organisation n'a pas encore signé ce texte avec son manifeste.
