# Ce que voit le courtier, et ce que vous voyez.

sides-what = À gauche, ce qu’obtient un espion abonné à tout : aucune clé, seulement des octets. À droite, ce que vos clés ouvrent des mêmes messages.
sides-what-own = À gauche, ce que le courtier a des messages de cette opération : aucune clé, seulement des octets. À droite, ce que vos clés en ouvrent.
sides-paused = Rien ne bouge ici pendant que vous lisez. Cliquez à côté pour continuer.
sides-left = Ce que voit le courtier
sides-right = Ce que vous voyez
sides-waiting = Rien n’est encore venu.
sides-away = Le courtier est injoignable pour l’instant.
sides-sum = Depuis { $since } UTC : { $messages } sur { $topics }, de { $sizes }. { $telling }
sides-messages = { $n ->
    [0] aucun message
    [one] un message
   *[other] { $n } messages
}
sides-topics = { $n ->
    [0] aucun sujet
    [one] un sujet
   *[other] { $n } sujets
}
sides-sizes = { $n ->
    [0] aucune taille
    [one] une seule taille
   *[other] { $n } tailles
}
sides-telling = { $n ->
    [0] Dans aucun d’eux, le contenu ne dit rien sans clé.
    [one] Dans l’un d’eux, le contenu dit quelque chose sans clé.
   *[other] Dans { $n } d’entre eux, le contenu dit quelque chose sans clé.
}
sides-in-topic = dans le sujet :
sides-public = publié pour tous
sides-nothing = rien ne se lit
sides-bytes = { $n ->
    [0] aucun octet
    [one] un octet
   *[other] { $n } octets
}
sides-more = { $n ->
    [one] et encore un octet
   *[other] et encore { $n } octets
}
sides-marked = Marqué
sides-marked-what = est ce qu’a trouvé l’outil d’un étranger qui ne sait rien de Cowl.
sides-not-here = Un courtier voit aussi qui se connecte, de quelle adresse et quand : cela n’est pas sur cette page. Ce qu’on peut en faire est mesuré sous Confidentialité.
sides-no-ear = Personne n’écoute le courtier ici.
sides-no-ear-how = Lancez la console avec le dossier de l’opération, ou avec l’accès d’un intervenant.
sides-protection = La protection
sides-protection-what = Ces personnes sont inventées, on peut donc retirer la protection. Choisissez et regardez à gauche.
sides-preset-plain = aucune
sides-preset-fernet = une clé partagée
sides-preset-minimised = moins de champs
sides-preset-fernet-minimised = moins de champs, une clé partagée
sides-preset-cowl = Cowl
sides-layers = Les couches de Cowl, une par une
sides-layers-what = Chacune peut être retirée. Sans créneaux, les mêmes messages partent à d’autres moments. Sans une autre couche, c’est l’émetteur de la démonstration qui les fait, avec ses propres clés : aucune opération réelle ne le peut. Sous chacune, ce que compte un espion : avant la flèche avec tout en place, après elle depuis le dernier changement.
sides-layers-none = Quand Cowl est choisi, ses couches peuvent être retirées une par une.
sides-layer-padding = Remplissage
sides-what-padding = En place : tous les messages ont la même longueur. Retiré : la longueur dit quel genre de rapport c’est, et quels messages sont des leurres.
sides-layer-slots = Créneaux et leurres
sides-what-slots = En place : un message par seconde, rapport ou leurre. Retirés : les messages partent quand les gens signalent, beaucoup à la fois quand quelque chose arrive.
sides-layer-tags = Étiquettes changeantes
sides-what-tags = En place : aucun message ne commence comme un autre. Retirées : tous les messages d’un même émetteur commencent pareil.
sides-layer-topics = Un seul sujet pour tous
sides-what-topics = En place : tous envoient sur le même sujet. Retiré : chaque téléphone a un sujet à son propre numéro.
sides-layer-reducing = Réduction
sides-what-reducing = En place : chaque rôle reçoit ce qu’il lui faut, aussi grossièrement que possible. Retirée : chaque rôle reçoit tout, exactement. Tant que c’est scellé, la gauche ne montre que des messages plus longs ; la droite montre ce qu’ouvrirait alors une seule clé volée.
sides-layer-sealing = Scellement
sides-what-sealing = En place : seul qui a la clé d’un rôle lit sa partie. Retiré : les mêmes parties, lisibles par tous.
sides-layer-epochs = Pseudonymes changeants
sides-what-epochs = Ne se retire pas ici : un pseudonyme se trouve dans ce qui est scellé, et change avec l’époque. La gauche resterait la même.
sides-layer-connections = Connexions toujours nouvelles
sides-what-connections = Ne se retire pas ici : cette page montre des messages, pas des connexions. Ce que disent les connexions est mesuré sous Confidentialité.
sides-figure-padding = longueurs différentes : { $value }
sides-figure-slots = messages en cinq secondes, du moins au plus : { $value }
sides-figure-tags = messages qui commencent comme un précédent : { $value }
sides-figure-topics = sujets : { $value }
sides-figure-reducing = octets du plus long message : { $value }
sides-figure-sealing = ce que disent les contenus : { $value }
sides-tells-nothing = rien
sides-change = { $before } → { $now }

# Ce qui se lit, et la forme d’un contenu.

sides-comma = ,
sides-kind-position = position
sides-kind-latitude = latitude
sides-kind-longitude = longitude
sides-kind-altitude = altitude
sides-kind-motion = mouvement
sides-kind-mgrs-cell = carreau MGRS
sides-kind-h3-cell = cellule H3
sides-kind-geohash = geohash
sides-kind-place-name = nom de lieu
sides-kind-ip-address = adresse IP
sides-kind-mac-address = adresse MAC
sides-kind-phone-number = numéro de téléphone
sides-kind-e-mail-address = adresse e-mail
sides-kind-persons-name = nom d’une personne
sides-kind-user-id = identifiant d’utilisateur
sides-kind-device-id = identifiant d’appareil
sides-kind-client-id = identifiant de client MQTT
sides-kind-pseudonym = pseudonyme
sides-kind-identifier = identifiant
sides-kind-key-id = identifiant de clé
sides-kind-credential = mot de passe ou jeton
sides-kind-severity = gravité
sides-kind-health = santé
sides-kind-demographic = âge, sexe ou origine
sides-kind-timestamp = date et heure
sides-kind-temperature = température
sides-kind-battery = batterie
sides-kind-number = nombre
sides-kind-flag = oui ou non
sides-kind-word = mot
sides-kind-free-text = texte libre
sides-kind-subject = genre de données
sides-form-empty = vide
sides-form-json = JSON
sides-form-key-value-text = texte clé-valeur
sides-form-separated-values = valeurs séparées
sides-form-a-number = un nombre
sides-form-text = texte
sides-form-cbor = CBOR
sides-form-fernet-token = jeton Fernet
sides-form-json-web-token = jeton JSON Web Token
sides-form-encrypted-json-web-token = jeton JSON Web Token chiffré
sides-form-age-file = fichier age
sides-form-openpgp-message = message OpenPGP
sides-form-cms-enveloped-data = données sous enveloppe CMS
sides-form-encrypted-cose = COSE chiffré
sides-form-owntracks-encrypted = OwnTracks chiffré
sides-form-meshtastic-encrypted = Meshtastic chiffré
sides-form-hexadecimal-text = texte hexadécimal
sides-form-base64-text = texte base64
sides-form-gzip = gzip
sides-form-zlib = zlib
sides-form-zstd = zstd
sides-form-zip = zip
sides-form-png-image = image PNG
sides-form-jpeg-image = image JPEG
sides-form-pdf-document = document PDF
sides-form-binary = binaire
