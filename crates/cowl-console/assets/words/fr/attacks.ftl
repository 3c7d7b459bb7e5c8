# Ce que demande chaque attaque de l’audit, ce que veut dire son nombre et ce qui le ferait baisser.

attacks-lower = Ce qui le ferait baisser :
attacks-technical = Description technique (en anglais)

attacks-l1 = Ces messages viennent-ils d’une même personne ?
attacks-l1-what = Quelqu’un prend deux messages, ou tout ce qui est venu sous deux pseudonymes, et dit s’ils viennent d’une même personne. Le nombre dit à quelle fréquence ce qui vient d’une seule personne se ressemble plus que ce qui vient de deux : 0,5, c’est deviner ; 1, c’est avoir toujours raison.
attacks-l1-lower = Moins de choses qui restent les mêmes, comme les adresses et les identifiants, et un même rythme pour tous, avec des leurres parmi les rapports. Retarder les messages ne suffit guère.

attacks-l2 = Combien de temps peut-on suivre une personne ?
attacks-l2-what = Quelqu’un enchaîne les messages qui semblent venir d’une même personne. « longest-chain » est le nombre d’heures pendant lesquelles une personne peut être suivie sans erreur ; 95 personnes sur 100 ne sont pas suivies plus longtemps. « b-cubed » dit à quel point toutes les chaînes ensemble correspondent aux personnes : 1, c’est sans faute.
attacks-l2-lower = Des pseudonymes qui changent plus tôt, mais seulement si le nouveau ne peut pas être relié à l’ancien : c’est ce que mesure L1.

attacks-i1 = Qui se distingue par quatre lieux connus ?
attacks-i1-what = Quelqu’un sait où se trouvait une personne à quatre moments : un voisin, un employeur, l’auteur d’une photo. Le nombre est la part des personnes que cela suffit à distinguer parmi tous les émetteurs, moins les erreurs : des personnes désignées qui n’utilisent pas du tout le service.
attacks-i1-lower = Des lieux que seul peut ouvrir le rôle qui en a besoin, des zones plus larges où plusieurs personnes conviennent, des pseudonymes qui changent plus tôt, et aucune adresse qui leur survive. Brouiller les lieux sert à peu de chose.

attacks-i2 = Avec quelle précision devine-t-on le lieu ?
attacks-i2-what = Quelqu’un devine d’où un message a été envoyé. Le nombre est la distance en mètres entre ce qu’il devine et la vérité : plus elle est grande, mieux les personnes sont protégées. « fewest-reporting » et « fewest-residents » comptent des personnes : combien, au moins, se trouvent derrière un lieu que nomme un message.
attacks-i2-lower = Des lieux et des zones scellés pour le rôle qui en a besoin, des zones assez grandes, pas de sujet par zone, et une seule taille pour tous les messages.

attacks-n1 = Un juge peut-il opposer un message à qui l’a envoyé ?
attacks-n1-what = Une personne est accusée d’avoir envoyé un message, et un juge voit ce que voit cet adversaire. Peut-il distinguer les vrais messages des faux ? À 0, la personne peut nier ; à 1, elle ne le peut pas. « authority-commands » est l’inverse : qui a donné un ordre doit en répondre, et 0 veut dire que cela se prouve.
attacks-n1-lower = Des clés partagées par les deux côtés au lieu de signatures, ni adresse ni identifiant à soi auprès du courtier, des créneaux parmi lesquels un faux ressemble à un vrai, et un courtier qui ne tient pas de journal.

attacks-de1 = Se passe-t-il quelque chose d’urgent ?
attacks-de1-what = Personne ne lit rien. Et pourtant quelqu’un dit, d’après les tailles, les moments et les connexions, s’il y a urgence : chez une personne, en un lieu ou dans un seul message. 1, c’est avoir toujours raison ; deviner atteint ce que l’heure du jour dit à elle seule, au moins 0,5.
attacks-de1-lower = Une seule taille pour tous les messages, et des créneaux toujours remplis d’un rapport ou d’un leurre, pour qu’une heure urgente n’ait pas un message de plus. Ni connexion ni répétition que seuls les rapports urgents provoquent.

attacks-de2 = Cette personne utilise-t-elle le service ?
attacks-de2-what = Quelqu’un connaît le nom, l’adresse ou le domicile d’une personne et demande si elle utilise le service. Pour certains, être vu appelant à l’aide est déjà un danger. 0,5, c’est deviner ; 1, c’est avoir toujours raison ; « outright » est la part des utilisateurs dont le nom ou l’adresse se lit en clair.
attacks-de2-lower = Un relais ou une passerelle, pour que personne ne voie l’adresse ; ni nom, ni compte, ni domicile en clair ; des lieux que beaucoup partagent.

attacks-de3 = Quel appareil, quel rôle, quelle sorte de message ?
attacks-de3-what = D’après les seules tailles et les seuls moments, quelqu’un dit quel appareil c’est, quelle sorte de message, pour quel rôle ou derrière quelle passerelle. Le nombre est la part des réponses justes, à côté de ce qu’atteint qui devine à l’aveugle. Les variantes qui finissent par « bits » disent la même chose en bits.
attacks-de3-lower = Une seule taille pour tous les messages, leurres compris, des créneaux que tous respectent, et des passerelles qui envoient pour beaucoup. La taille seule laisse voir le rythme.

attacks-dd1 = Quels champs peut-on lire ?
attacks-dd1-what = De tout ce que l’appareil savait, que peut lire cet adversaire dans le message, exactement ou grossièrement ? Le nombre est la part des champs qui se lisent ; quand la variante commence par « fields », c’est leur nombre par message. « not-needed » ne compte que ceux dont aucun rôle n’a besoin.
attacks-dd1-lower = Ne pas envoyer ce dont personne n’a besoin, sceller chaque champ pour les rôles qui en ont besoin, et aucun identifiant autour du contenu.

attacks-dd2 = Combien de bits fuient ?
attacks-dd2-what = À quel point un seul message aide-t-il à deviner, du premier coup, qui l’a envoyé, de quelle zone, ou quelle est la gravité ? Un bit : deux fois plus souvent juste que sans le message ; deux bits : quatre fois plus souvent. À 0, il n’aide en rien.
attacks-dd2-lower = Une seule taille pour tous les messages, la gravité scellée, un seul sujet pour tous, et ni adresse, ni identifiant, ni compteur qui dure.

attacks-u1 = Les personnes ont-elles été informées, et le retrait a-t-il un effet ?
attacks-u1-what = « told » est la part de ce qui parvient à cet adversaire sans qu’aucune note d’information ne l’ait annoncé aux personnes. « withdrawal » dit pendant combien de secondes après un retrait cet adversaire peut encore lire ce qui avait été envoyé. Dans les deux cas, on veut 0.
attacks-u1-lower = Des notes d’information qui nomment aussi la part du réseau et du courtier, données avant le premier rapport ; moins de données pour moins de destinataires ; des clés qui finissent avec le consentement.

attacks-nc1 = Ce qui a été effacé a-t-il disparu ?
attacks-nc1-what = « erased » est la part des données effacées ou expirées qui s’ouvrent encore, parmi celles que quelqu’un a essayées. « retention » est la part des stockages qui gardent quelque chose plus longtemps qu’ils n’en ont le droit. Dans les deux cas, on veut 0 ; si peu a été essayé, la borne haute reste élevée.
attacks-nc1-lower = Effacer des clés plutôt que des copies, aucune sauvegarde qui contienne les deux, aucun message personnel conservé par le courtier, et des stockages qui effacent d’eux-mêmes.
