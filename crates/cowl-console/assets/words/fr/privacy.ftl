# La vue Confidentialité.

privacy-card = Ce que peuvent les attaquants
privacy-card-what = Chaque case est le pire qu’un adversaire ait atteint pour une sorte de menace : 0, c’est deviner ; 1, c’est être certain. Ce qui compte est le haut de l’intervalle, car ce qui n’a pas été montré petit peut être grand. Ouvrez une case pour voir ses preuves.
privacy-card-none = Aucun audit n’a été donné à cette console. Enregistrez votre trafic, notez-le, et lancez la console avec le fichier :
privacy-card-caption = De { $before } à { $after }
privacy-before = Avant
privacy-after = Après
privacy-compare = Comparer
privacy-then = puis
privacy-threat = Menace
privacy-linking = Relier les messages d’une personne
privacy-identifying = Trouver qui, ou où
privacy-non-repudiation = Prouver qui l’a envoyé
privacy-detecting = Remarquer que quelque chose se passe
privacy-data-disclosure = Lire le contenu
privacy-unawareness = Personnes non informées ou non écoutées
privacy-non-compliance = Règles non tenues
privacy-by-network = Réseau, sans TLS
privacy-by-network-tls = Réseau, sous TLS
privacy-by-broker = Courtier MQTT
privacy-by-subscriber = Abonné à tout
privacy-by-relay = Relais
privacy-by-gateway = Passerelle
privacy-by-insider = Complice avec un appareil
privacy-by-role = Rôle trop curieux
privacy-by-broker-role = Courtier avec un rôle
privacy-by-relay-role = Relais avec un rôle
privacy-by-stolen-phone = Téléphone volé
privacy-little = peu : moins de 0,15
privacy-some = un peu plus : moins de 0,50
privacy-much = beaucoup : 0,50 ou plus
privacy-unknown = pas connu
privacy-not-measured = non mesuré
privacy-no-mechanism = aucun mécanisme
privacy-not-applicable = Cet adversaire n’est pas dans l’enregistrement.
privacy-back = Retour au tableau
privacy-basis = Mesuré sur { $configuration } : { $hours }, { $people }, { $messages }, graine { $seed }.
privacy-read = L’avantage : 0, c’est deviner ; 1, c’est être certain. Ce qui compte est le haut de son intervalle.
privacy-people = { $n ->
    [0] aucune personne
    [one] une personne
   *[other] { $n } personnes
}
privacy-colon = { " :" }
privacy-beside = à côté de la case, sans y compter
privacy-again = Pour le mesurer à nouveau
privacy-advantage = Avantage, avec son intervalle à 95 %
privacy-estimate = Estimation
privacy-chance = Deviner atteint
privacy-cases = Mesuré sur
privacy-cases-of = { $cases } { $people }
privacy-cases-n = { $n ->
    [0] aucun cas
    [one] un cas
   *[other] { $n } cas
}
privacy-of-people = { $n ->
    [0] d’aucune personne
    [one] d’une personne
   *[other] de { $n } personnes
}
privacy-positive = Une fuite plantée
privacy-negative = Étiquettes mélangées
privacy-passed = comme il se doit
privacy-failed = pas comme il se doit
privacy-seed = Graine
privacy-unit-auc = (aire sous la courbe)
privacy-unit-share = (part)
privacy-unit-bits = bits
privacy-unit-metres = mètres
privacy-unit-hours = heures
privacy-unit-seconds = secondes
privacy-unit-count = (nombre)
privacy-plan = Ce que coûte la protection
privacy-plan-what = Les passerelles envoient un message à chaque créneau, un rapport ou un leurre. Créneaux courts : les rapports partent vite, et chaque jour coûte plus de données. Déplacez le curseur pour voir ce qu’un créneau coûte et ce qu’il laisse voir.
privacy-plan-default = Cette console n’a pas le dossier d’une opération : ces chiffres sont ceux de la politique livrée avec Cowl.
privacy-plan-caption = Créneaux d’une passerelle
privacy-plan-load = L’attente est celle de 100 personnes derrière une passerelle, 40 rapports par jour chacune, un sur dix urgent ; 95 sur 100 partent dans ce délai. Relier et remarquer sont des bornes hautes pour qui n’a pas de clé : 0, c’est deviner ; 1, c’est être certain.
privacy-slot = Créneau
privacy-fast = vite
privacy-cheap = économe
privacy-show = Montrer
privacy-now = { $day } par jour et par passerelle ; les rapports urgents partent en { $urgent } ; relier { $linking }, remarquer { $detecting }.
privacy-day = Données par jour
privacy-urgent = Les urgents partent en
privacy-routine = Les autres partent en
privacy-own = cette politique
privacy-over = au-delà de la limite de la politique
privacy-off = sans créneaux
privacy-seconds = { $n } s
privacy-minutes = { $n } min
privacy-megabytes = { $n } Mo
privacy-as-reported = selon les rapports
privacy-at-once = tout de suite
privacy-never = il en arrive plus qu’il n’en part
privacy-measure = Mesurer { $slot } maintenant
privacy-measure-how = Une opération avec ce rythme est simulée et attaquée sur cette machine. Cela prend environ une minute.
privacy-measured-how = Comment cela a été mesuré :
privacy-measuring = en cours de mesure
privacy-not-yet = pas encore mesuré
privacy-failed-to-measure = n’a pas pu être mesuré
