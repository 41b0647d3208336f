//! The meanings of words in column headers, in English and Spanish.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The meaning of a word in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Word {
    Appointment,
    Scheduled,
    Filler,
    Patient,
    First,
    Last,
    Middle,
    Preferred,
    Name,
    Full,
    Phone,
    Contact,
    Cell,
    Home,
    Work,
    Other,
    Email,
    Date,
    Time,
    Start,
    End,
    Birth,
    Id,
    Account,
    Status,
    Confirmation,
    Cancelled,
    NoShow,
    Provider,
    Length,
    Units,
    Pattern,
    Language,
    Location,
    Kind,
    Note,
    Zone,
    Made,
    Past,
    Text,
    Ok,
    OptOut,
    Not,
    Address,
    Money,
    Reference,
}

use Word::{
    Account, Address, Appointment, Birth, Cancelled, Cell, Confirmation, Contact, Date, Email, End, Filler, First,
    Full, Home, Id, Kind, Language, Last, Length, Location, Made, Middle, Money, Name, NoShow, Not, Note, Ok, OptOut,
    Other, Past, Patient, Pattern, Phone, Preferred, Provider, Reference, Scheduled, Start, Status, Text, Time, Units,
    Work, Zone,
};

/// Each meaning with the words for it.
const WORDS: [(Word, &str); 46] = [
    (Scheduled, "schedule | scheduled | planned | sched | sch"),
    (
        Filler,
        "ind | indicator | flag | flg | yn | use | uses | of | for | at | the | and | de | del | la | local | \
         current | actual | in | by | with | my | transactional | best | demo | demographic | demographics",
    ),
    (
        Appointment,
        "appointment | appointments | appt | appts | apt | app | apptmt | visit | booking | event | session | \
         reservation | cita | citas | turno | agendamento | prenotazione | buchung | afspraken | appuntamenti | \
         encounter | slot | meeting | rendezvous | rendez vous | rdv | rv | termin | termine | afspraak | \
         appuntamento | consulta",
    ),
    (
        Patient,
        "patient | patients | patienten | pat | pt | ptnt | client | clients | customer | paciente | cliente | \
         kunde | invitee | paziente | assistito | assistita | utente | attendee | member | guest | pet parent | \
         pet owner",
    ),
    (
        First,
        "vorname | voornaam | roepnaam | first | fname | given | nombre | nombres | firstname | forename | fst | \
         prénom | prenom",
    ),
    (
        Last,
        "nachname | familienname | cognome | achternaam | last | lname | surname | family | apellido | apellidos | \
         lastname | lst | nom",
    ),
    (Middle, "middle | mi | mname | initial | middlename"),
    (
        Preferred,
        "preferred | prfrrd | nickname | nick | goes | called | preferido | pref | préféré | chosen | \
         chosen name | nome social | nombre social | prénom d usage | known as | aka | rufname | apodo | \
         le gusta | prefiere",
    ),
    (Name, "name | names | nm"),
    (Full, "full | fullname | completo | display"),
    (
        Phone,
        "phone | phones | telephone | tel | telefon | telefonnummer | telefoon | teléfono | telefono | tfno | ph | \
         téléphone | tél | telefone | telefono | phonenumber",
    ),
    // A person to call, or the number to call.
    (Contact, "contact | cntct | owner | legal"),
    (
        Cell,
        "cell | cphone | mob | mbl | gsm | handy | handynummer | handphone | mobil | mobiltelefon | mobilnummer | \
         mobiel | cellulaire | cellulare | telemóvel | telemovel | mobile | wireless | celular | natel | móvil | \
         movil | cellphone | sms | cel | portable | mobilephone | cellular | cll",
    ),
    (Home, "home | hphone | hm | casa | homephone | domicilio | landline | res | residence | evening"),
    (Work, "work | wphone | wk | business | office phone | trabajo | workphone | bus | day phone | daytime"),
    (
        Other,
        "pet | pets | species | breed | animal | mother | father | mom | dad | caregiver | invalid | bad | wrong | \
         emergency | guarantor | guar | gtor | hoh | responsible | resp | guardian | parent | spouse | referring | \
         referral | insurance | ins | policy | group | subscriber | carrier | employer | pharmacy | pcp | fax | \
         marital | gender | sex | ssn | claim | invoice | clinical | eligibility | recall | tutor | tutora | \
         tuteur | tutrice | mère | père | madre | padre | mutter | vater | eltern | form | forms | questionnaire | \
         intake | cost | covid | payment | treatment plan | chart status | portal",
    ),
    (Email, "email | mail | correo | courriel | e-mail"),
    (Date, "date | dt | fecha | data | day | día | dia | datetime | jour | datum | giorno"),
    (Time, "time | hora | tm | hour | datetime | heure | uhrzeit | zeit | orario | horário | horario | tijd | ora"),
    (
        Start,
        "when | start | starts | begin | begins | inicio | from | starting | beginning | comienzo | début | \
         debut | beginn | strt",
    ),
    (End, "end | ends | finish | fin | to | until | stop | ending | término | termino | ende | einde"),
    (
        Birth,
        "dob | birth | birthdate | birthday | born | bday | nacimiento | birthdt | naissance | né | née | geb | \
         geb am | geburtsdatum | geboren | geboortedatum | nascita | nascimento | bd",
    ),
    (
        Id,
        "id | ids | number | numbers | num | no | # | key | guid | uuid | identifier | code | ident | nbr | nr | \
         nummer | número | numero | nº | uid | seq | pk",
    ),
    (Account, "account | acct | chart | mrn | record | medical | emr | expediente | historia | patnum | acc"),
    (
        Status,
        "status | sts | estado | estatus | situação | situacao | stato | stat | disposition | outcome | statut | \
         état | etat | result",
    ),
    (
        Confirmation,
        "confirmed | confirmation | confirm | bestätigt | bestätigung | bevestigd | confermato | confermata | \
         confirmé | confirmado | confirmada | confirmación | conf | econfirm",
    ),
    (
        Cancelled,
        "cancelled | canceled | cancel | cancellation | broken | deleted | delete | cnx | removed | archived | \
         inactive | deceased | waitlist | waitlisted | rescheduled to | moved to | anulada | anulado | annulé | \
         abgesagt | abgemeldet | storniert | absage | geannuleerd | afgezegd | afgemeld | annullato | annullata | \
         disdetto | disdetta | cancellato | cancellata | desmarcado | desmarcada | anulación | cancelación | \
         annulation | annulée | void | voided | cancelado | cancelada | cxl",
    ),
    (
        NoShow,
        "noshow | no show | nicht wahrgenommen | nicht erschienen | niet verschenen | non venu | no asistió | \
         missed | missing | absent | did not arrive | did not attend | dna",
    ),
    (
        Provider,
        "provider | prov | doctor | dr | dentist | therapist | practitioner | clinician | physician | staff | \
         resource | hygienist | doc | profesional | médico | medico | doctora | stylist | calendar | host | \
         employee | rendering | treating | counselor | column | odontólogo | assigned | user | prvdr | rndrng | \
         thérapeute | therapeute | praticien | intervenant | médecin | medecin | dentiste | arzt | behandler | \
         therapeut | profissional | dentista | operatore | behandelaar",
    ),
    (
        Length,
        "minutes | length | duration | min | mins | duración | duracion | minutos | len | durée | duree | dauer | \
         duur | durata | duração | duracao",
    ),
    (Units, "units | unit | unidades"),
    (Pattern, "pattern"),
    (Language, "language | lang | idioma | langue | lengua | lngg | sprache | taal"),
    (
        Location,
        "location | office | clinic | center | centre | site | facility | branch | sucursal | consultorio | \
         clinica | clínica | practice | department | dept | loc | sede | place | ubicación | dprtmnt | \
         succursale | clinique | standort | praxis",
    ),
    (
        Kind,
        "type | service | services | reason | procedure | procedures | proc | tipo | servicio | motivo | \
         treatment | purpose | category | product | kind | tratamiento | motif | leistung | behandlung | \
         terminart | besuchsgrund | behandlungsart",
    ),
    (
        Note,
        "note | notes | comment | comments | description | nota | notas | descript | remarks | memo | \
         comentarios | observaciones | summary | subject | remarques | remarque | notiz | bemerkung | \
         bemerkungen | observações | observacoes | opmerking | opmerkingen | annotazioni",
    ),
    (Zone, "timezone | tz | zone | time zone"),
    (
        Made,
        "booking date | creación | creacion | création | modificación | modificacion | vereinbart | erstellt | \
         gebucht | créé | date booked | booked date | created | modified | updated | booked | made | entered | \
         stamp | tstamp | timestamp | creation | added | changed | registered | printed | sent | signed | creado | \
         on | exported | edited | checkin | checkout | arrived | arrival | check | seated | dismissed | reminder | \
         reminded | scheduling | posted | rescheduled | due | expiration | expires | admission | discharge | \
         effective",
    ),
    (
        Past,
        "previous | letzter | letzte | dernier | dernière | prior | next | recent | seen | lastvisit | past | \
         original | old | completed",
    ),
    (Text, "txt | text | texts | texting | message | messages | messaging | msg | texto | textos | mensaje | mensajes"),
    (
        Ok,
        "ok | okay | consent | allow | allowed | allows | permission | optin | agree | accepts | opt in | \
         authorized | enabled | can | receive | receives | send | hipaa | wants | reminders | notifications | \
         tcpa | acepta | acepto | autoriza | autorizado | autorizada | autorización | permite | permiso | \
         consentimiento | recibe | recibir | accepte | autorise | autorisé | consentement | permis | recevoir | \
         einwilligung | erlaubt | erlaubnis",
    ),
    (
        OptOut,
        "optout | opt out | opted out | dnt | unsubscribed | do not text | no text | no texts | no sms | \
         declined texts | kein sms | keine sms | declines texts | stop texts | do not contact | no contact | dnc | \
         no messages | no reminders | do not sms | do not message | stop received",
    ),
    // Words that may turn a question about texts around.
    (
        Not,
        "not | don't | dont | never | stop | stopped | block | suppress | disable | disabled | refused | refuse | \
         refuses | declined | decline | declines | prohibited | withhold | restriction | cannot | exclude | \
         excluded | skip | off | without | sin | pas | ne | non | keine | kein | refus | rechaza | desea",
    ),
    (Address, "address | street | city | zip | postal | dirección | direccion | county | country"),
    (Money, "balance | amount | fee | price | copay | due amt | charge | paid | total"),
    (
        Reference,
        "confirmation number | folio | buchungsnummer | buchungsnr | terminnummer | terminnr | csn | réf | ref # | \
         reference | ref | eid",
    ),
];

static BY_WORD: LazyLock<HashMap<&'static str, Word>> = LazyLock::new(|| {
    let each =
        |(meaning, words): &(Word, &'static str)| words.split(" | ").map(|word| (word, *meaning)).collect::<Vec<_>>();
    // A word that is listed twice has its first meaning.
    WORDS.iter().rev().flat_map(each).collect()
});

/// The meaning of a lower-case word, or of two or three words together.
pub(super) fn meaning(word: &str) -> Option<Word> {
    BY_WORD.get(word).copied()
}
