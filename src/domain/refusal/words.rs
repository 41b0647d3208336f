//! The words that front desks use to note a refusal of texts, in English, Spanish, French, German, Dutch, Italian and
//! Portuguese. Folded: lower case, no
//! accents.

use crate::domain::plain_text::has;

/// Texts and texting. One wrong letter is tolerated (see [`text`]).
pub(super) const TEXT: &str = "
    text texts texting textin texted texter textable txt txts txting txtng txtmsg textmsg textmsgs textmessage
    textmessages sms smss smses mms imessage imessages
    texto textos textear textea textee texteen texteo textearle escribir escriba escriban escribirle
    texte textes textez ecrire ecrivez
    textnachricht textnachrichten kurznachricht kurznachrichten smsje smsjes
";

/// Messages. They count as texts unless the message is one that is left or heard, as a voicemail.
pub(super) const MESSAGE: &str = "
    message messages messaging msg msgs mssg mssgs mesg mensaje mensajes mensajito mensajitos msj msjs mje mjes
    nachricht nachrichten berichtje berichtjes messaggio messaggi messaggino messaggini mensagem mensagens
";

/// Words before `message` that make it a voicemail.
pub(super) const LEFT: &str = "
    leave leaves leaving left lv lvm lm voice voicemail vm phone machine dejar deje dejen voz laisser laissez vocal
    vocaux
";

/// Real words that are one letter away from a text word.
pub(super) const NO_SLIPS: &str = "
    test tests tested testing tent tents tenting next ext exts texas taxing massage massages massaging passage
    passages teat sext
";

/// Calls.
pub(super) const CALL: &str = "
    call calls calling cal cals robocall robocalls phonecall phonecalls
    llamar llame llamen llames llamada llamadas llamarle yamar
    appel appels appeler appelez telephoner telephonez
    anrufen anruf anrufe telefonieren bellen telefoneren chiamare chiamata chiamate telefonare telefonate ligar
    ligacao ligacoes chamada chamadas
";

/// Contact of any kind. `no reminders` belongs here: the patient wants none, and a text is a reminder.
pub(super) const CONTACT: &str = "
    contact contacts contacting contacted disturb consent consents consented permission communication communications
    communicate reminder reminders notification notifications alerts
    contactar contacte contacten contacto molestar molesten consentimiento recordatorio recordatorios
    contacter contactez deranger consentement rappel rappels
";

/// The words of [`CONTACT`] that a patient gives: `has not consented` is a refusal, `has not called` is not.
pub(super) const CONSENT: &str = "consent consents consented permission consentimiento consentement";

/// Ways to reach a person that have nothing to do with texts.
pub(super) const MAIL: &str = "
    email emails mail mails voicemail voicemails vm vms fax faxes letters correo correos courriel courriels
    messagerie
";

/// Negations, of texts and of calls.
pub(super) const NO: &str = "
    no noo not nto nott nit dont donot dnt dn dnot dotn dontt doont donnt odnt never nevr nvr without refuse
    refuses refused refusing refusal decline declines declined declining reject rejects rejected stop stopped stops
    quit cease halt end avoid against revoke revokes revoked withdrew withdrawn withdraws removed remove unsubscribe
    unsubscribed
    nunca jamas sin ni ningun ninguno ninguna rechaza rechazo rechazar rehusa evitar evite parar
    keine kein keinen keinerlei nicht nie niemals ohne lehnt geen niet nooit zonder niente nessun nessuno nessuna senza
    nao nunca sem nenhum nenhuma
    non ne pas jamais sans aucun aucune refus refuser arreter arretez arrete arret cesser cessez eviter evitez
";

/// Negations of texts only: `can't call` says nothing about what the patient wants.
pub(super) const CANNOT: &str = "
    cannot cant wont doesnt doesn dosent dosnt doenst wouldnt unable isnt arent hates hate dislikes denies denied
    blocks blocked disabled cancel canceled cancelled
";

/// Pairs of words that form a negation.
pub(super) const NO_OF_TWO: &[(&str, &str)] = &[
    ("instead", "of"),
    ("rather", "than"),
    ("turn", "off"),
    ("turned", "off"),
    ("take", "off"),
    ("taken", "off"),
    ("dejar", "de"),
    ("deje", "de"),
    ("dejen", "de"),
    ("deja", "de"),
    ("lugar", "de"),
    ("plus", "de"),
    ("plus", "d"),
    ("opt", "out"),
    ("opts", "out"),
    ("opted", "out"),
    ("opting", "out"),
    ("optout", "of"),
];

/// Words that may appear between a negation and what it negates.
pub(super) const SMALL: &str = "
    a able about accept accepts agree agreed all allow allowed allows an any anymore appointment appt appts at
    authorize authorized auto automated automatic be been but by comfortable consent consented consents do does ever
    for from get gets getting give has have her him his i in interest interested is it keep like likes longer
    marketing mass me more need needs of office ok okay or patient permission please pls plz pt receive receives
    receiving reminder send sending sends sent set signed support supports take takes the them these this those to
    up us use uses via want wanted wants we wish wishes with
    acepta acepto al autoriza autorizo con de del desea deseo el en enviar enviarle enviarme envie envien envies
    favor gusta gustan hay la las le les los mandar mandarle mandarme mande manden mandes mas nada ningun ninguna
    paciente permite por puede que quiere quiero recibe recibir recibo sabe se tiene un una usa
    accepte aime au aucun autorise aux d des desire du envoi envois envoyer envoyez et l lui nous pas peut plus
    recevoir recoit souhaite svp utilise veut voie vouloir
    automatische bekommen bitte das dem durch erhalten gewunscht ihm ihn ihr mehr mit mochte moechte
    patientin per schicken senden uber ueber versenden verschicken weitere wunscht wuenscht
    aan graag het krijgen ontvangen sturen versturen wenst wil
    desidera gli inviare mais meer piu mandare paziente ricevere tramite vuole
    deseja mandar por quer receber via
";

/// The words of [`SMALL`] that express what a patient wants: `did not text` is about the past, `did not consent to
/// texts` is a refusal.
pub(super) const WILL: &str = "agree agreed authorize consent want wish ok okay allow permission";

/// After `no text`, these words make it a statement about the past: `no text received`.
pub(super) const OUTCOME: &str = "
    received recvd rcvd sent delivered yet replied reply replies response answer answered returned found left recibido
    recibidos enviado enviados recu recus envoye
";

/// After `no call` or `no contact`, these words mean something else: `no call no show`, `no contact info`.
pub(super) const NOT_OF_CALLS: &str = "
    back show noshow no waiting received needed necessary required yet made info information number numbers name
    names listed on provided given person persons lens lenses form forms set sent
";

/// Words that join the items of a list.
pub(super) const AND_OR: &str = "or nor and n ni y e o u et ou";

/// Words that approve of what comes before them.
pub(super) const GOOD: &str = "
    ok okay fine good yes only preferred instead first best better allowed si oui solo solamente seulement
    uniquement bien
";

/// Words that point to the number after them as the one to use.
pub(super) const USE: &str = "use try text txt sms usar usen utiliser utilisez";

/// Words that rule out every other way to reach the patient.
pub(super) const ONLY: &str =
    "only olny onyl onl onlly exclusively solely solo solamente unicamente seulement uniquement";

/// Negations that come after what they negate: `texts: no`.
pub(super) const NO_BEHIND: &str = "
    no not non never nope none n off nunca jamais pas declined declines refused refuses denied stopped revoked
    blocked unwanted prohibited forbidden rechaza rechazado
    nein unerwunscht unerwuenscht ungewollt abgelehnt verboten untersagt nicht nee niet ongewenst geweigerd verboden
    rifiuta rifiutato rifiutati nao recusa recusado
";

/// Words that may appear between a text word and a negation after it: `texts are not ok`, `text consent: no`.
pub(super) const BEHIND: &str = "
    are is was were been has have consent permission reminder reminders messages message msg msgs messaging ok okay
    allowed status opt in optin pt patient
";

/// Words that may follow a negation that comes after its text word: `texts not wanted`, `sms non merci`.
pub(super) const AFTER_NO: &str = "
    ok okay allowed wanted accepted permitted welcome good desired authorized possible more please pls plz thanks
    thank thx per since gracias merci svp
    erwunscht erwuenscht gewunscht gewuenscht erlaubt gestattet bitte danke gewenst toegestaan graag gradito graditi
    desejado desejados
";

/// Words that opt out by themselves, as carriers and patients use them (47 CFR 64.1200(a)(10)).
pub(super) const ALONE: &str = "
    stop stops stopped stpo sotp stopp stopall unsubscribe unsubscribed unsubscribes optout optouts optedout optsout
    revoke revokes revoked dnt dntx dntxt desuscribir desuscrito desabonner desabonne desinscrire desinscrit
";

/// Words that opt out only if they are the only word of a cell. Next to other words they may be part of a name.
pub(super) const SOLE: &str = "alto parar pare basta baja detener arret arreter arretez quit end cancel";

/// Negations that may be written together with their word: `notext`.
pub(super) const GLUED: &str = "donot dont do dn not no never stop sin pas non";

/// Whether a word means a text, possibly with one wrong letter.
pub(super) fn text(word: &str) -> bool {
    const SLIPS_OF: [&str; 3] = ["text", "texts", "texting"];
    has(TEXT, word) || slip(word, &SLIPS_OF)
}

/// Whether a word means a message, possibly with one wrong letter.
pub(super) fn message(word: &str) -> bool {
    const SLIPS_OF: [&str; 5] = ["message", "messages", "messaging", "mensaje", "mensajes"];
    has(MESSAGE, word) || slip(word, &SLIPS_OF)
}

/// Whether a word is one letter away from one of these, and not a real word itself.
pub(super) fn slip(word: &str, of: &[&str]) -> bool {
    word.chars().count() >= 3
        && !has(NO_SLIPS, word)
        && of.iter().any(|known| strsim::damerau_levenshtein(word, known) <= 1)
}

/// Whether a word is a negation. Long ones may have one wrong letter.
pub(super) fn negation(word: &str) -> bool {
    const SLIPS_OF: [&str; 6] = ["refuses", "refused", "declines", "declined", "unsubscribe", "unsubscribed"];
    has(NO, word) || (word.len() >= 6 && slip(word, &SLIPS_OF))
}
