//! French (France and Québec): the words for each meaning, as patterns (see `pattern.rs`).

use crate::domain::reply::families::Words;

/// The French vocabulary. Words are folded: no accents, and apostrophes split words ("m'envoyez" is "m envoyez").
pub(crate) const WORDS: Words = Words {
    families: "
        ftxt = txt txts texto textos texte textes sms message messages msg msgs mess rappel rappels notification* notif* alerte* courriel* mail mails communication* pub pubs publicite* spam spams sollicitation* contact contacts
        fsay = envoyez envoie envoyer envois envoi envoye envoyes envoiyez ecrivez ecris ecrire ecrit ecrives textez texte texter textes contactez contacte contacter appelez appelle appeler appeles derangez derange deranger relancez relance relancer embetez embete embeter harcelez harceler harceles rappelez rappeler importunez importuner notifiez notifier achalez achaler achale ecoeurez ecoeurer tannez tanner messagez communiquez communique sollicitez solliciter spammez spammer spamez telephonez telephoner joindre recontactez recontacter textoter textotez communiquer
        fdet = de d des ces cet cette ce vos votre aux jamais genre tous toutes les le l la plus un une autre autres recevoir recois etre que ca tes ton mes envoyer m me nous avec a par aucun vouloir avoir sorte type en envoyez vous tels
        frdv = rdv rendez rendezvous rv consultation visite seance nettoyage detartrage chirurgie examen reservation
        fday = lundi mardi mercredi jeudi vendredi samedi dimanche demain aujourd hui janvier fevrier mars avril juin juillet aout septembre octobre novembre decembre matin midi soir semaine mois
        fmed = aspirine* antibio* medic* medoc* pilule* traitement* insuline metformine anticoagulant* ibuprofene tylenol advil doliprane fumer boire manger prendre saigner travailler saigne* saignement* cafe alcool tabac cigarette* sport nourrir mettre porter utiliser brosser prise douleur
        ffill = svp maintenant tout immediatement merci stp deja vite
    ",
    filler: "maintenant immediatement tout ca cela ceci les messages message textos sms moi je veux voudrais vos ces s il te vous me de suite deja j ai dit ok les merde bordel",
    courtesy: "s il vous plait;s il te plait;sil vous plait;sil te plait;s il vous plais;svp;s v p;stp;silvousplait;siouplait;merci;merci beaucoup;merci bien;mrc;mci;merci d avance;bonjour;bonsoir;salut;allo;bjr;bsr;desole;desolee;pardon;excusez moi;excuse moi;madame;monsieur;docteur;cordialement;bonne journee;bonne soiree;bien a vous;tout de suite;des maintenant;une fois pour toutes;veuillez;je vous prie;je vous en prie;je vous remercie;salutations;bonne fin de journee",
    alone: "arret arreter arretez arrete arretes stop stopper stoppez stoppe fin finir annuler desabonner desabonnement desabonnez desabonne desabo desinscrire desinscription desinscrivez desinscris retirer supprimer supprimez effacer effacez cesser cessez assez resilier revoquer quitter retrait sortir desistement bloquer terminer enlever desactiver",
    clause: "arretez arreter stopper stoppez desabonner desabonnement desabonnez desinscrire desinscription desinscrivez cessez desabonnezmoi arret",
    elsewhere: "
        arret* de|d 1~bus|l bus|travail|autobus|metro|tram|maladie
        arret maladie|bus|metro|travail|cardiaque|autobus
        ai|avais|a efface*|supprime*|perdu ~3
        en|mon|son|l|un|prochain|premier|dernier|tram|bus|mis|metro arret !plus|des|de|vos
        fin de|du 1~la|l journee|semaine|mois|annee|matinee|traitement|apres|soiree|aout|mai|contrat|conges|travail|course
        fin mai|aout|juin|juillet|janvier|fevrier|mars|avril|septembre|octobre|novembre|decembre|semaine
        la|a|enfin|en|ma|sa fin
        arret*|stopp*|cess*|suspend*|interromp* 5~de|d|l|le|la|mon|ma|mes|les|prendre|du|ce|cette|a @fmed
        dois|puis|faut|peux|doit|devrais|fallait 2~je|il|on|que|t|j arret*|stopp*|cess*|suspend* !de|les|vos|ces|d
        n|ne arret* pas|plus
        s arret* pas|plus
        ca|cela|rien|personne ~2 derang*|embet* pas|plus
        ca|cela|rien|personne ~2 derang*|embet*
        je|j|nous|on|il|elle vais|va|allons|dois|devrais|peux|pense|m ~1 arret* !de|les|vos|ces|d
        j|je|elle|il|on 1~ai|m|a arrete !vos|les|de
        ne|n 2~l|les|le|la|pas annul*|supprim*|effac*|desabonn*|desinscri*|retir*|enlev* ~4
        pas|ne 2~ne|l|les|le|la|pas annul*|supprim*|desabonn*|desinscri*|retir*
        annulez|supprimez|effacez|desabonnez|retirez pas
        si je ne|n|vous ~4
        si vous ne ~4
        liste|salle d attente
        retir*|enlev*|ot*|arrach*|extra* 4~les|mes|la|ma|le|mon|des|une|un|l|moi|de|cette dent*|fil*|point*|bague*|broche*|suture*|pansement*|couronne*|appareil|platre|sagesse|dentier|agenda|rdv|rendez|calendrier|horaire|attente|demain|lundi|mardi|mercredi|jeudi|vendredi
        j|je|nous|n 1~n|en ai|avons|avais pas|jamais|rien|plus 2~eu|recu|encore 2~de|d|aucun @ftxt ~2
        ai|avons|aviez|avez pas|jamais|rien 1~encore recu|eu|envoye|ecrit|appele ~4
        pas|aucun recu ~3
        recu aucun|pas ~2
        vous ne|n|m 2~m|nous|avez avez|m pas|jamais ~3
        plus de douleur*|place*|temps|saignement*|questions|detail*|precision*|info*
        pas 1~m|me envoyer|envoyez|envoye 3~la|le|les|mes|ma|mon|l|a|de facture*|ordonnance*|radio*|resultat*|document*|formulaire*|dossier
        j|je arrete 2~le|la|l travail|ecole|bureau
    ",
    opt_out: "
        ne|n|me|m|nous|de 2~m|me|nous|pas|plus @fsay 1~moi plus|pu|pus|jamais|pas|pluss|pa !la|le|les|mes|ma|mon
        ne|n|de|a|veuillez|svp|d|faut 1~pas|ne plus|pas|jamais|pu 1~jamais m|me|nous @fsay !la|le|les|mes|ma|mon
        plus|pas|jamais|pu m|me|nous @fsay !la|le|les|mes|ma|mon
        ne plus|pas|jamais @fsay|recevoir !la|le|les|mes|ma|mon
        refus* 4~de|d|que|vos|tout|les|on|tous recevoir|@ftxt|@fsay
        pas|plus interesse* 2~a|par|de recevoir|@ftxt
        @fsay|ecrivez|envoyez 1~moi pu|plus|pas|jamais 1~de|d|rien @ftxt|$|rien|a
        envoyez|envoie|envoyer|envoye|ecrivez|textez|contactez|appelez 1~moi plus|pas|pu
        m|me envoie|envoyez|envoyer|ecrivez|ecris|contactez|contacte|textez|texte|appelez|derangez|ecrire|texter|contacter plus|pu|pas|jamais
        ^ plus rien|jamais $
        ne|n m|me|nous @fsay rien|aucun
        ^ plus|pu|pus|aucun|zero|sans|pas|non 4~@fdet @ftxt !de|recu|avant|pour|sur !votre|vous
        plus|pu|pus|veux|veut|aucun 4~@fdet @ftxt
        <!ai|avez|y|a pas|aucun|non|zero|sans de|d|aux|des|ces|vos|aucun|a|au 1~vos|ces|tels @ftxt !de|recu|avant|pour|sur
        non aux|a @ftxt
        veux|veut|voudrais|souhaite|souhaitons|voulons|desire|veus|veu|voulais|voulu|besoin|souhaiterais|vx|interesse* plus|pas|pu|pus|jamais|aucun|rien 7~@fdet @ftxt|recevoir|recois|contacte*|sollicite*|entendre|receuvoir|recevoire|rapel|rapels
        veux|veut|souhaite|desire|voudrais|voulons|souhaitons|aimerais plus|pas|pu|pus 1~que|qu 3~on|vous|me|m|l @fsay
        veux|souhaite|desire plus|pu|pus 1~en|de|les recevoir|ca|cela|ceux
        veux plus|pu|pus 1~rien|de 1~rien $|savoir|entendre
        besoin 2~pas|plus|de de|d|aucun 2~vos|ces|ce @ftxt !si
        j|n 1~ai plus|pas|aucun besoin 1~de|d 1~ces|vos|de @ftxt
        plus|pu recevoir|receuvoir|recevoire
        pas recevoir|receuvoir 3~@fdet @ftxt|appels|appel
        plus|pas|pu etre contacte*|sollicite*|derange*|texte*|appele*|achale*
        veux|voudrais|souhaite|aimerais|demande|desire 3~que|a|ne|plus|vous|je|ce|ces|les|cela|ca|etre|me|m|de|qu|on|d 4~vous|ces|les|@ftxt|ca|envois arret*|cess*|stop*|retir*|radi*|desabonn*|desinscri*|suppr* !de
        veux|voudrais|souhaite|demande|desire 2~etre|a|me retir*|radi*|enleve*|desabonn*|supprim*|desinscri*
        arret*|cess*|stop*|halte|fini*|termin*|annul*|desactiv*|suspend*|bloqu*|coupe*|enlev*|suppr* 6~@fdet|moi|de|tout|ces|vos|avec|envoi|envois|envoyer @ftxt|envoi|envois
        ^ halte $
        arret*|cess*|stop*|halte 4~de|d|m|me|nous|ne|tout|moi|avec|vous|l|plus|a @fsay
        arret*|cess*|stop|stoppez|stopper|halte ca|cela|tout|vos|moi|ces|avec|maintenant|immediatement|deja|donc !de
        arret* de|des|d|les envoi*|@ftxt
        desabon*|desinscri*|desincri*|desabonn*|desenregistr*|desinscr*
        des|de abonn*|inscri* moi|$
        annul*|resili*|termin* 2~mon|l|cet|mes abonnement|inscription
        retir*|enlev*|suppr*|effac*|ray*|ot*|sort*|radi*|bloqu*|oubli*|perd*|enleve*|jet*|detrui* 5~moi|mon|ce|nous|me|m|de|d|votre|vos|la|cette|des|le|du|ma|mes liste*|numero*|nom|no|num|telephone|tel|cellulaire|cell|portable|@ftxt|contacts|systeme|fichier*|coordonnees|base|repertoire|registre|donnees|bottin
        retirez|enlevez|supprimez|effacez|rayez|otez|sortez|retire|enleve|supprime|efface|desactivez|radiez|bloquez moi|nous 2~@ffill|de|la|d|ici $
        me retir*|enlev*|suppr*|effac*|ray*|desabonn*|sort*|radi* 1~de|des|d ~2 liste*|@ftxt|systeme|fichier
        laiss*|lais|fich*|fout*|ficher 1~moi|nous|me|donc 1~donc tranquil*|paix
        laiss*|fich*|fout*|donn* 2~moi|nous|donc|la|en la|en|le|moi 1~saint* paix|camp
        ^ la paix $
        ^ lach* moi|nous 1~donc|un $
        lach* moi|nous ~2 @ftxt
        foutez|fout|fous le|moi camp|paix
        degag*|allez vous|au faire|diable
        degage|degagez
        va|allez te|vous faire|chier
        ta gueule
        fermez|ferme la|ta gueule|la
        ca suffit|suffi
        c est assez $
        assez 4~@fdet @ftxt
        ras le bol
        marre|tanne|tannee|fatigue|ecoeure|ecoeuree|assez 5~@fdet|de|recevoir|que @ftxt
        en ai marre|assez $
        en a marre|assez de 4~@fdet @ftxt
        retir*|revoqu*|annul* 2~mon|le|tout|ma|mes consentement|accord|autorisation|permission
        revoqu*
        pas|jamais|plus 3~donne|mon|votre|le|de|l|accepte|recu|autorise|consenti|consens|vous|a|avez consentement|autorisation|accord|@ftxt|recevoir|permission
        n|ne ~1 autorise|consens pas|plus
        sans mon|ma consentement|accord|autorisation|permission
        plainte ~4 @ftxt
        vais ~3 plainte
        cnil|crtc|33700
        harcelement|harceler|harcelez
        vous poursui*
        poursuites
        vais|vous 2~vous|vais|te signaler|denoncer|bloquer|poursuivre|denonce|bloque|signale|rapporter
        seulement|uniquement|juste|exclusivement 2~par|m|me|les|des appel*|telephone|telephoner|appeler
        appel*|appelez|telephonez|telephone 4~moi|plutot|au|lieu|que|mais|s|seulement 2~de|lieu|pas|seulement|uniquement @ftxt|textos|texter !plutot
        appelez|contactez|telephonez 3~moi|par|telephone seulement|uniquement|mais pas
        pas par @ftxt
        par telephone seulement|uniquement
        mett* fin
        fin|arret aux|des|de|d 1~vos|ces @ftxt|envois|envoi
        pas deranger|derangez
        derangez pas|plus
        stop texto|sms|pub|message|rappel|textos|messages|rappels|contact
        plus rien recevoir
        plus jamais
        n|ne insistez|insiste pas|plus
        sort* moi|mon|nous de 2~votre|la|cette|vos
    ",
    unclear: "
        ^ 3~veux|voudrais|ok|oui|non|svp|donc|souhaite|le|alors annul*|annulation|annulee 3~tout|ca|cela|moi|la|le|ffill|ceci|maintenant|l $
        pas|plus|peu interesse*
        pas interessant
        veux plus|pas|pu ca|rien|cela $
        veux rien
        prefere* ~3 appel*|telephone|telephonique|parler
        appelez|telephonez 1~moi plutot
        trop|beaucoup|plein de|d 1~vos @ftxt
        c|ceci|cela est 2~du|un|une|de spam|pourriel|arnaque|harcelement|fraude
        pas|jamais|rien demande ~2
        jamais|pas inscri*|abonn* ~3
        jamais demande|consenti|inscrit*|inscrite
        avocat
        stop|arretez|arret|arrete|arreter et|mais|ou
        arretez|arreter|cessez|stoppez $
        arretez|arrete|cessez de|d
        porter plainte
        annulez|annuler|supprimez|arretez tout
        inutile de|d ~1 @fsay
        pas|plus besoin de|d|que ~2 @fsay
        pas|plus besoin 3~de|d|un|une|du|vos|des @ftxt|rappel*|me
        lis|utilise|regarde pas|jamais 2~les|mes|de @ftxt
        connard*|merde|salaud*
        fin $
        c est fini
    ",
    wrong_person: "
        mauvais|faux|mauvaise|bad numero|no|num|personne|destinataire
        erreur 3~de|d|sur|la|le|vous numero|no|personne|destinataire|telephone
        erreur $
        vous ~1 trompez|trompe|tromper|trompes
        tromp* 2~de|d numero|no|personne
        pas le|la|mon|son|l|sa|bon 1~bon|bonne numero|no|personne|telephone|tel|cell|portable|destinataire
        n|ne est plus|pas 1~plus 2~le|son|a|mon|l numero|telephone|cellulaire|cell|portable|sien|elle|lui
        plus 2~le|son numero|telephone|portable
        suis pas !sur|sure|certain|certaine|disponible|dispo|libre|la|en|au|a|bien|capable|malade|pret|prete|interesse*|d|convaincu*|encore|loin|chez|de|content*|satisfait*|ici|un|une|toujours|le|presente|present|vraiment|tres|mon|*er|sous|assez|trop|seul*|avec|enceinte|si|plus _ $
        suis pas 1~la|le|l|cette|un|une|votre patient*|personne|client*|bonne|bon|cette
        suis pas m|mme|mr|monsieur|madame|mlle _ 1~_ $
        c|ce|n 1~n est pas|plus !grave|bon|possible|vrai|le|la|un|une|mon|ma|bien|necessaire|urgent|encore|clair|normal|moi|facile|sur|que|a _ $
        connais|connait|connaissons pas|personne|aucun|aucune|po
        connais ~1 personne|aucun
        pas|personne|aucun ~3 de ce nom
        personne ~2 s|nomme|appelle|appele|nom|ici
        pas ~1 de _ ici
        habite|vit|travaille|vive plus|pas ici|la
        qui est !mon|ma|le|la|votre|a|ce|en|cette|vous|l|c|disponible|ouvert _ $
        qui est|c cette|ce|c|la monsieur|madame|personne|patient*|dame|mr|mme
        nouveau|nouvelle numero|proprietaire
        numero n est pas|plus ~3
        c|ce|n 1~n est pas 1~a|pour moi|lui|elle
        vous faites erreur
        appartient
        chang* de numero|telephone
        autre personne|numero
        pas pour|a moi
        destine a quelqu|moi
        quelqu un d autre
        decede*|mort|morte|defunt*
        jamais ete|venu*|alle* 2~votre|chez|patient|a|un ~2
        pas|aucun de|d|pris|un 1~de rdv|rendez !disponible|avant|a|le|lundi|demain
        n ai pas|aucun de|rendez|rdv|d 1~vous|rendez|dentiste|rdv
        j ai pas|aucun|jamais de|pris|rendez|rdv|d 2~vous|rendez|dentiste|rdv
        pas ~1 mon rdv|rendez|dentiste
        vous confond*|confondez|trompez
        confusion|confondez
    ",
    change: "
        chang*|modifi* 5~mon|le|la|de|l|d|ma|notre|mes|du|ce|son|cet|pour|date|heure|a|un|cette @frdv|@fday|heure|date|jour|autre|horaire|moment|plage
        changer|changement 1~le|la|l $
        deplac*|reporter|reporte|reportez|reportons|repouss*|decal*|replanif*|reprogramm*|avanc*|devanc*|recedul*|reced*|postpos*|differer
        re ceduler|planifier|programmer
        remett* 3~mon|le|a|ca|cela|la|l|notre rdv|rendez|plus|autre|lundi|mardi|@fday|un|une
        autre jour|journee|date|heure|moment|rdv|rendez|horaire|fois|semaine|disponibilite*|plage|creneau|temps|apres|matin
        plutot !bien|bon|oui _
        @fday|heures|heure|h|#|apres plutot
        plus tard|tot !merci
        peux|peut|pourrai|pourrais|pourra|puis|pouvons|pourrons|serai|suis|pouvait|pourrait pas|plus|pu 3~venir|y|etre|a|le|ce|cette|libre|dispo|disponible|avant|la|ces|jusqu @fday|jour|heure|#|avant|date|jusqu|midi|semaine|plage
        peux|pourrai|pourrais|puis pas|plus|pu 1~venir ~3 mais|,|est|peut|pourrait|possible ~4 @fday|autre|#|possible
        pas|plus|non dispo|disponible|libre*|possible ~2 @fday|ce|a|le|cette|la|jour|avant|#
        pas|plus libre|dispo|disponible
        possible|pourrait|pourrais|peut|pourrions|peux|puis|pouvez|pourriez|est 5~de|d|on|je|vous|qu|ce|que|t|il|avoir|venir|faire|mettre|prendre|a|le|l|me|donner|pour|la|y|un|passer|plutot|en|au|etre|nous|rendez|rdv @fday|#|autre|tard|tot|apres|prochaine|prochain !qu
        ferait|conviendrait|arrangerait|serait|convient|arrange|irait 2~mieux|pas|plus|me|m ~2 @fday|$|mieux|#|prochaine|le|a
        me|m convient|va|arrange|conviendrait|irait pas|plus|mieux
        convient|arrange|marche|fonctionne|va pas|plus|mieux
        au lieu de|du
        semaine|mois|fois prochaine|prochain|suivante|d|suivant
        prochaine|prochain semaine|disponibilite|fois
        mieux|prefere*|prefererais|preferer ~2 @fday|#|matin|soir|apres|le|autre|tard|tot
        en vacances|voyage|deplacement|conge|reunion|formation
        empechement ~4 autre|report*|possible|peut|@fday
        travaille ~2 @fday|ce|a|#
        nouvelle date|heure|plage
        nouveau rdv|rendez|creneau
        trop tot|tard
        mettre|prendre|fixer un autre
        conflit
    ",
    cancel: "
        annul* 5~mon|le|la|de|l|ma|notre|mes|du|ce|son|cet|pour|moi|nos|cette|d|les|tous|deux|fille|fils|a @frdv|@fday|#
        dois|veux|voudrais|souhaite|faut|aimerais|desire|vais|pouvez|pourriez|peux|puis|peut|pourrais|obligee|oblige|devons|doit|preferer*|voulais|devoir|voulons|est 3~je|vous|on|que|de|d|l|le|j|t|il|nous|la annul*
        annulation ~3 @frdv
        annul* car|parce|je|pour|a|desole|c
        j|je|nous annule|annulons|annulerai|annul 2~le|mon|pour|tout
        annule|annulez|annuler le|la|l|mon|ma|celui
        peux|peut|pourrai|pourrais|pourra|puis|pouvons|pourrons|pourrez|peuvent|pourront|pourai|pourrait|peus|peu pas|plus|pu|malheureusement|point 3~m|y|me|plus|malheureusement|etre|nous|pas venir|etre|assister|presenter|aller|rendre|$|present*|honorer|la|demain|aujourd|car|venire|desole|ce|au|passer|a|finalement|me|veni
        viens|vient|viendrai|viendrais|vais|venons|viendrons|viendra|irai|viendrez|va|irons|assisterai|serai|serons|sera|seront|vien 1~y pas|plus|pu|absent*|point $
        viens|viendrai|vais|viendra|irai|serai|serons|assisterai|venons|viendrons|sera pas|plus|pu|absent* 2~y|pouvoir|etre|m|la|au|a|venir|me $|venir|la|y|aller|demain|present*|au|pouvoir|aujourd|car|ce|presenter|a|rendre|@fday|en|desole
        pas venir|assister|presenter
        serai|suis|serais absent*
        empechement|empeche|empechee
        imprevu
        veux|souhaite|desire|ai|besoin|veut|ais|voulons plus|pas|pu 3~besoin|venir|de|du|le|y|mon|ce|d|un|aller|la|envie|l|au venir|@frdv|aller
        plus|pas besoin 3~de|du|d|ce|le|mon|un|l|venir @frdv|venir
        impossible 2~pour|de|moi 2~de|moi|d venir|@fday|etre|$|m
        suis|est|sommes 3~tres|trop|bien|vraiment|encore|toujours malade|hospitalis*|souffrant*|grippe*
        j ai|eu la|le|un covid|grippe|empechement|imprevu
        autre|trouve|change 2~un|de|autre dentiste|medecin|cabinet|clinique
        manquer|manquerai|rater ~2 @frdv
        n irai pas
        retir*|enlev*|suppr* 5~moi|mon|de|l|le|ma|du|votre|la|d agenda|rdv|rendez|calendrier|horaire|@fday
        laiss* tomber
        deja annule
        ne vais pas pouvoir
        pas pouvoir
    ",
    keep: "
        ne|n 2~l|les|le|la|pas|voudrais|veux annul*|chang*|deplac*|report* ~4
        annulez|annule|annuler pas
        pas|ne annul*|annuler
        si|quand j|je|on|nous 1~dois|veux|l annul*|annuler|peux|suis|manque ~4
        frais|politique|delai|penalite ~2 annul*
        faut|doit|dois ~2 annul* ~4 ?
        pourquoi|est|a|ete|avez|qui|deja|ont|t ~3 annule|annulee|annuler|annules
        peux|peut|pourrais|puis|arrive pas|plus 2~m|y|a|le|l|les|me|lire|bien voir|ouvrir|trouver|lire|manger|dormir|respirer|avaler|parler|acceder|mordre|macher|marcher|payer|retrouver|attendre|joindre|appeler|connecter|entrer|ouvre ~3
        chang* 3~de|d|mon|mes|l|ma|ai assurance|adresse|telephone|courriel|numero|nom|medicament*|dentiste|pansement
        qu est ce qu* ~4
    ",
    unsure: "
        peut etre
        peutetre|eventuellement|probablement|surement|possiblement|depend
        suis pas 2~tout|a|trop|encore|tres|vraiment|fait|100 sur|sure|certain*|encore
        pas sur|sure|certain*
        pas encore
        sais|sait pas|po|plus|pu|rien 1~encore $|si|encore|quand|l|quelle|a|la|quoi
        sais pas
        crois|pense|suppose|espere que|oui|bien|pouvoir|qu|pas|j
        vous|te|je ~1 dirai|confirmerai|rappelle|recontacte|reviens|tiendrai|confirme|redis|tiens|rappellerai|avise|aviserai|dis|appelle|redirai ~1 plus|ce|demain|tard|bientot|apres|des|au|quand
        vous tiens|tiendrai|aviserai|dirai|rappellerai|recontacterai|rappelle|redis|avise
        on verra
        vais|dois|faut 2~je|que|d|abord voir|verifier|essayer|regarder|demander|reflechir|tenter|consulter|valider
        laissez moi verifier|voir|y|regarder
        essaie|essaye|essaierai|essayerai de|d
        ca depend
        oui|ok|bien|d|accord mais|par|cependant|sauf|seulement|si
        mais|sauf|cependant|toutefois|sinon
        retard|bouchon*|trafic|embouteillage*|retarde*
        serai|vais|arrive|arriverai|suis|risque 4~d|etre|un|peu|en|quelques|minutes|avec|de|# retard|retards
        ^ non|nan|nope $
    ",
    question: "
        ^ 3~et|mais|oui|ok|dites|alors|bonjour|donc ou|quand|quel|quelle|quels|quelles|comment|combien|pourquoi|qui|que|quoi|lequel !merci
        a|c|vers|est quelle heure
        quelle|quel|quels|quelles heure|adresse|date|jour|est|numero|documents|medecin
        ou ~1 est|se|trouve|situe|puis|stationner|garer|etes
        c est ou|quand|quoi|qui|combien
        c est a quelle|quel|qui|quoi
        combien|comment|pourquoi
        est 1~ce ce|il|que|qu
        dois|puis|peux|faut|pouvez|pourriez|avez|prenez|acceptez|y|pourrais|peut|devrais|suis|doit|auriez|savez|pouvons|as|parlez je|il|vous|a|on|tu|nous
        je|j|on|il peux|dois|faut|voudrais|veux|aimerais|ai|souhaite|me|doit|besoin|faudrait 2~vous|je|pouvoir|bien|une|des|besoin|lui|que|d|de|un|aussi|apporter savoir|parler|demander|question|questions|amener|manger|apporter|information|infos|renseignement*|venir|boire|confirmer|appeler|rappel|jeun|prendre|faire
        appelez|rappelez|telephonez|rappeler|appeler moi
        m|me|nous rappeler|appeler|envoyer|dire|contacter|rappelez|appelez|confirmer|donner|joindre|indiquer|rappelle|appelle|renvoyer
        <!de|autre|autres|d|plus question|questions
        demande|renseignement*|savoir|information*|info|infos
        ^ aide|info|help|quoi|hein|comment|pardon $
        dites moi
        envoyez moi|nous
        plus tot|avant ?
        expliquez|aidez|precisez
        mon|ma nouveau|nouvelle adresse|assurance|telephone|numero|courriel
        pas recu
    ",
    topic: "
        assurance*|mutuelle|carte|facture*|payer|paiement|prix|cout*|coute|tarif*|devis|remboursement|ramq|vitale|solde|frais
        medic*|medoc*|antibio*|aspirine|ordonnance|pharmacie|anesthesie|allergi*|jeun|manger|insuline|traitement
        radio*|formulaire*|document*|resultat*|analyse*|dossier|papiers|reference|prescription
        mal|douleur*|saign*|enfle*|gonfle*|fievre|infect*|urgence|urgent|casse*|dent|dents|couronne|points|gencive*|appareil|plombage|toux|bague*
        stationnement|parking|garer|adresse|plan|entree|etage|acces|perdu*
        interprete|anglais|francais
        enceinte|fumer|chirurgie|extraction|detartrage
    ",
    confirm: "
        oui|ouais|ui|wi|ouaip|ouep|yep|ouii|owi|vi|voui|oe
        ok|okay|oki|okok|dac|d_accord|daccord|dacodac
        d accord
        confirme|confirmer|confirmee|confirmons|comfirme|confirmation|confirmes|presence|confirmez
        <!pas|n parfait|entendu|super|excellent|bien|note|genial|nickel|impeccable|recu|compris|volontiers|certainement|absolument|exact|correct|top|convenu|cool|tiguidou
        <!pas|n bon !weekend|week|fin|courage|anniversaire|retour|appetit|matin|apres
        c est bon|parfait|note|ok|beau|d|correct|confirme|ca
        bien recu|note|sur|entendu|compris
        je|j|on|nous 1~y serai|serons|sera|viens|viendrai|viendrons|vient|arrive|vais|irai 1~y la|present*|y|$|a|avec|au|bien|sans|comme
        serai|serons|sera|seront la|present*|a|au
        j|nous y serai|serons|vais|sera
        a demain|lundi|mardi|mercredi|jeudi|vendredi|samedi|bientot|tantot|tout|plus|tt|toute
        ca marche|va|roule|me
        pas de|2|d probleme*|souci*|prob|soucis|inquietude*
        ne n|l 1~annule pas
        n annule|annulerai pas
        comptez|compte sur
        bien sur
        avec plaisir
        sans faute|probleme
        en route|chemin
        present|presente|presents
        on sera|se la|voit|y
        :yes:
        maintiens|maintenu|garde|conserve
        je garde
        m convient|va|arrange $
        me convient|va $
    ",
    pleasantry: "
        merci|remercie*|mrc|mci
        bonne|bon|bonnes|beau|belle journee|soiree|nuit|fin|weekend|week|vacances|continuation|annee|noel|fetes|matinee|appetit|semaine|apres|dimanche
        joyeux|joyeuses|heureuse _
        bonjour|bonsoir|salut|coucou|bjr|cordialement
        de rien
        vous aussi|de
        vous egalement|pareillement
        a vous
        egalement|pareillement|mdr|lol|haha|bravo|bienvenue|felicitations
        a la prochaine
        prenez soin
        je vous en
        au revoir
    ",
    urgent: "
        saign*|sang|hemorragie|enfle*|enflure|gonfle*|gonflement|fievre|temperature|douleur*|infect*|infection|abces|pus|urgence|urgences|urgent|urgente|vomi*|evanoui*|convuls*|allergique|suicid*|insupportable|ambulance|engourdi*|suinte*|etouff*
        j|a|ai|fait|tres|plus|encore|trop|me|toujours ~1 mal !compris|a|note|lu|dormi|ecrit !l
        mal 1~de|aux|a 1~la|ma dent|dents|gencive*|machoire|bouche|gorge|oreille
        ca|me|m fait 1~tres|encore|vraiment|trop|super mal
        souffre|souffrir|souffrance*
        peux|arrive|peut pas|plus|a 1~a respirer|avaler|ouvrir|dormir|manger|parler|macher
        mal|difficulte*|peine a|de respirer
        dent|dents|couronne|bridge|implant|plombage|bague|fil|facette|appareil ~2 casse*|tombe*|brise*|decolle*|fele*|parti*|bouge
        casse*|perdu*|brise*|tombe* ~2 dent|dents|couronne|bridge|plombage|appareil
        reaction allergique
        poitrine
    ",
    not_urgent: "
        pas|plus|sans|aucune|ni|jamais 3~de|d|la|eu|une|vraiment|trop|si|tres|l|urgent douleur*|fievre|saign*|mal|infect*|urgent|urgence|enfle*|gonfle*|sang
        pas mal
        va 1~me|t faire|elle|il|ca|t ~2 mal
        ca va|fera faire|mal 1~mal
        est ce que 2~ca|c|cela va|fait|fera|est mal|faire|douloureux
        prise|prelevement|analyse|test*|bilan de|du sang
        prise|analyse*|test|bilan|don de sang
        pas|plus|aucune d|de|autre question*
        mal compris|note|lu|dormi|ecrit|entendu
        pas 1~si|tres urgent
        contact d urgence
        plus mal
    ",
};
