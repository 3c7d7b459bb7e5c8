# Les messages sous d’autres formes, et des zones venues d’ailleurs.

export-no-reports = Ce poste ne lit aucun message : il n’y a rien à exporter ici.
export-what = Ce que le rôle { $role } peut lire aujourd’hui, pour les cartes et les tableaux d’autres : rien de plus fin, ni identifiants, ni pseudonymes, l’heure à la minute.
export-precise = La précision de chaque champ
export-which = Quoi
export-counts = Des nombres par zone
export-counts-help = Combien de messages dans chaque zone, par couleur de triage. En dessous de { $k }, il est écrit « <{ $k } », et les totaux qui trahiraient un petit nombre sont omis.
export-reports = Chaque message
export-reports-help = Qui reçoit le fichier lit ce que ce rôle lit. Ne le donnez qu’à des personnes à qui l’on donnerait ce rôle.
export-form = Forme
export-geojson = GeoJSON
export-geojson-help = Pour les cartes : QGIS, uMap, Leaflet. Les zones avec leurs contours.
export-hxl = CSV avec étiquettes HXL
export-hxl-help = Pour les tableurs et les outils humanitaires : une ligne de mots-dièse sous l’en-tête.
export-cot = Cursor on Target
export-cot-help = Pour TAK. Un événement par message, au centre de sa zone, avec le rayon de la zone. Il n’a pas de nombres.
export-since = Depuis quand
export-last-hour = La dernière heure
export-last-six = Les six dernières heures
export-last-day = Le dernier jour
export-last-week = La dernière semaine
export-all = Tout ce qui est conservé
export-logged = Le journal de l’opération note qu’un fichier est fait, et de quelle sorte, avant qu’il soit fait.
export-told = Je dis à l’autorité que ce fichier a été fait
export-told-help = Le dossier de l’opération n’est pas sur cette console : son journal ne peut pas le noter de lui-même.
export-not-told = Rien n’a été fait : l’autorité doit connaître chaque export. Revenez en arrière et dites que vous la prévenez.
export-make = Faire le fichier
export-no-counts = Cursor on Target n’a pas de nombres : un événement est un message. Choisissez GeoJSON ou CSV pour les nombres.
export-busy = Un autre fichier est en cours. Attendez un moment et recommencez.
export-too-large = Le fichier serait trop grand. Choisissez une durée plus courte. Aucun fichier n’a été fait.
export-unreadable = Les messages conservés ne peuvent pas être lus. Aucun fichier n’a été fait. La personne qui gère la console peut les vérifier avec : cowl archive check
export-gone = Ce fichier n’est plus ici. Refaites-le.
export-made = { $n ->
    [one] Le fichier est fait : un message y figure ou y est compté.
   *[other] Le fichier est fait : { $n } messages y figurent ou y sont comptés.
}
export-no-place = { $n ->
    [one] Un message est omis : il n’a pas de lieu, et cette forme en demande un.
   *[other] { $n } messages sont omis : ils n’ont pas de lieu, et cette forme en demande un.
}
export-other-roles = { $n ->
    [one] Un message est omis : son rôle ne lit plus de messages.
   *[other] { $n } messages sont omis : leur rôle ne lit plus de messages.
}
export-damaged = { $n ->
    [one] Un message est omis : il est abîmé.
   *[other] { $n } messages sont omis : ils sont abîmés.
}
export-save = Enregistrer le fichier ({ $n } Kio)
export-leaves = Une fois enregistré, ce fichier est hors de l’opération : aucun retrait et aucun ordre d’effacement ne l’atteint. Supprimez-le quand il a servi.
export-gone-in = { $n ->
    [one] Il peut être enregistré pendant encore une minute.
   *[other] Il peut être enregistré pendant encore { $n } minutes.
}
export-another = Faire un autre fichier
export-zones = Importer des zones
export-zones-what = Remplace les contours d’un niveau de zones, par exemple par les communes de vos partenaires. Tous les reçoivent avec le prochain manifeste ; les messages envoyés avant gardent leurs zones.
export-zones-none = La politique n’a aucun niveau de zones avec des contours. Pour en avoir un, écrivez polygons = "zones.geojson" à un niveau dans policy.toml.
export-zones-policy = policy.toml ne peut pas servir ainsi :
export-zones-level = Niveau de zones
export-zones-file = Fichier GeoJSON
export-zones-file-help = Des polygones en degrés WGS 84, 2 Mio au plus. Ils doivent tenir dans le manifeste : simplifiez d’abord les contours détaillés.
export-zones-property = Propriété qui porte le nom de la zone (si c’est une autre)
export-zones-property-help = Vide : celle que la politique nomme.
export-zones-import = Vérifier et importer
export-zones-not-text = Ce fichier n’est pas du texte. Choisissez un fichier GeoJSON. Rien n’a été changé.
export-zones-wrong = Ces zones ne peuvent pas servir. Rien n’a été changé.
export-zones-done = { $n ->
    [one] Une zone a été reprise.
   *[other] { $n } zones ont été reprises.
}
export-zones-then = Un nouveau manifeste est signé. cowl serve le remet à tous.
