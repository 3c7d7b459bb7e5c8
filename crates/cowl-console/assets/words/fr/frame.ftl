# Ce qui entoure chaque page.

frame-name = Console Cowl
frame-own-name = Français
frame-skip = Aller au contenu
frame-nav = Pages
frame-nav-operations = Opérations
frame-nav-seat = Mon poste
frame-nav-sides = Ce que voit le courtier
frame-nav-privacy = Confidentialité
frame-language = Langue
frame-switch = Changer
frame-back = Retour au début
frame-continue = Continuer
frame-refused = Cela n’a pas été fait
frame-signed-in = Vous êtes connecté.
frame-signed-out = Vous êtes déconnecté.
frame-how-to-sign-in = Pour vous connecter, ouvrez un lien de connexion. La personne qui a démarré la console les a : ils s’affichent au démarrage, et les plus récents sont dans le fichier sign-in.txt de son dossier. Chaque lien sert une seule fois.
frame-link-used = Ce lien a déjà servi, ou il est trop ancien. Si ce n’est pas vous qui l’avez utilisé, prévenez la personne qui gère la console.
frame-link-not-renewed = La console ne peut pas écrire ses fichiers, donc personne n’est connecté. Prévenez la personne qui la gère.
frame-nothing-here = Cette page n’existe pas.
frame-not-authority = Il faut pour cela le lien de l’autorité. Votre lien sert à lire.
frame-not-this-seat = Votre poste ne montre pas cette page.
frame-not-a-form = Ce qui a été envoyé n’est pas un formulaire de cette console. Rien n’a été changé.
frame-not-own-form = Ce formulaire vient d’une session précédente. Ouvrez de nouveau la page et recommencez. Rien n’a été changé.
frame-too-large = Ce qui a été envoyé est trop grand. Rien n’a été changé.
frame-too-slow = L’envoi a pris trop de temps. Rien n’a été changé.
frame-seat-role = Vous voyez ce que ce rôle peut lire, et rien d’autre : { $role }
frame-seat-none = Vous ne voyez aucun message ici : cette console n’a les clés d’aucun rôle.
frame-seat-authority = Vous travaillez aussi pour l’autorité : vous pouvez inscrire et exclure des personnes, tirer de nouvelles clés et vérifier le journal.
frame-seat-ends = Vous êtes déconnecté après une heure sans clic, et après douze heures dans tous les cas.
frame-exposed = D’autres machines peuvent atteindre cette console en HTTP simple. Quiconque est sur le chemin peut lire et changer tout ce que vous voyez.
frame-sign-out = Se déconnecter
frame-nav-people = Personnes et clés
frame-nav-log = Journal
frame-nav-glass = Bris de glace
frame-nav-export = Exporter
frame-failed = Cela n’a pas pu être fait. Rien n’a été changé. L’opération dit pourquoi :
frame-days = { $n ->
    [one] { $n } jour
   *[other] { $n } jours
}
frame-hours = { $n ->
    [one] { $n } heure
   *[other] { $n } heures
}
frame-minutes = { $n ->
    [one] { $n } minute
   *[other] { $n } minutes
}
frame-seconds = { $n ->
    [one] { $n } seconde
   *[other] { $n } secondes
}
