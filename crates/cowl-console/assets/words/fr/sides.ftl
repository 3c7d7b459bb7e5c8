# Ce que voit le courtier, et ce que vous voyez.

sides-what = À gauche, ce qu’obtient un espion abonné à tout : aucune clé, seulement des octets. À droite, ce que vos clés ouvrent des mêmes messages.
sides-what-own = À gauche, ce que le courtier a des messages de cette opération : aucune clé, seulement des octets. À droite, ce que vos clés en ouvrent.
sides-paused = Rien ne bouge ici pendant que vous lisez. Cliquez à côté pour continuer.
sides-left = Ce que voit le courtier
sides-right = Ce que vous voyez
sides-waiting = Rien n’est encore venu.
sides-away = Le courtier est injoignable pour l’instant.
sides-sum = Depuis { $since } UTC : { $messages } messages sur { $topics } sujets, de { $sizes } tailles. Dans { $telling } d’entre eux, le contenu dit quelque chose sans clé.
sides-in-topic = dans le sujet :
sides-public = publié pour tous
sides-nothing = rien ne se lit
sides-bytes = { $n } octets
sides-more = et encore { $n } octets
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
