//! English: the words for each meaning, as patterns (see `pattern.rs`).

use crate::domain::reply::families::Words;

/// The English vocabulary.
pub(crate) const WORDS: Words = Words {
    families: "
        txt = text texts texting texted txt txts txting message messages messaging messaged msg msgs msging mssg sms mms reminder reminders remind reminding notif* alert alerts alerting communicat* contact contacts contacting correspond* spam spamming robotext* robocall* email* emails notification* texters texter promo* solicit* announcements updates surveys blasts
        nag = texting txting textin txtin messaging msging msgin sending contacting calling callin bothering botherin harassing harrassing harrasing spamming reminding emailing notifying annoying bugging pestering hounding blowing writing soliciting stalking bombarding flooding pinging alerting disturbing getting receiving communicating nagging hitting badgering messing txtn reaching
        say = text texting txt message messaging msg contact contacting spam remind reminding notify email bother bothering harass bug disturb annoy ping solicit pester
        det = w the these those this that all any your my of with such further more future stupid dumb damn damned dang fucking fuckin freaking annoying automated automatic auto daily constant sending send getting get receiving receive me us to constantly unwanted from you yall ever having so many bloody goddamn silly endless nonstop continuous marketing pesky random non spam a
        visit = @det appointment appt appointments dental visit dentist doctor office clinic text sms phone reminder upcoming patient confirmation
        msgs = reminders texts txts messages msgs alerts notifications reminder updates
        aux = will can could might may must should would just then also probably have had to be going got did
        own = my me us our her his him the name number phone cell mobile daughter son husband wife mother mom dad and kids kid this
        kin = husband husbands wife wifes son sons daughter daughters mom moms mother mothers dad dads father fathers kid kids child children brother sister friend boyfriend girlfriend partner mum grandma grandmother grandpa spouse ex parents patient boss work job
        appt = appointment appointments appt appts apt apts apptmt appoinment visit visits cleaning checkup check booking slot slots exam consult consultation session surgery procedure extraction crown filling reservation time root meeting one spot
        day = monday tuesday tue tues wednesday wed weds thursday thu thur thurs friday fri saturday sat sunday sun tomorrow tmrw tmr tmw 2morrow today tonight morning afternoon evening noon january jan february feb march april apr june july jul august aug september sept sep october oct november nov december dec week weekend
        weekday = monday tuesday tue tues wednesday wed weds thursday thu thur thurs friday fri saturday sat sunday
        med = aspirin antibiotic* medic* med meds pill pills drug drugs treatment* blood thinner* ibuprofen advil tylenol aleve motrin eliquis warfarin xarelto plavix coumadin lipitor metformin insulin ozempic wegovy prednisone amoxicillin fosamax bleed* pain* swelling bite biting floss* rinse* invisalign braces aligners nightguard retainer mouthguard insurance payment* plan exercise* therapy physio work school vitamin* supplement* steroid* drops cream inhaler birth estrogen chemo radiation metoprolol lisinopril statin nsaid* mouthwash whitening vape* nicotine alcohol coffee sugar caffeine smoking food water ice allerg* shots cpap gabapentin zoloft lexapro
        habit = taking using eating drinking smoking vaping working wearing brushing flossing breathing bleeding hurting swelling throbbing crying chewing nursing breastfeeding going seeing exercising running driving playing vomiting biting grinding sucking snoring feeling thinking shaking coughing growing rinsing moving icing swallowing
        part = tooth teeth crown crowns braces stitch* sutures filling wisdom denture* bridge retainer implant packing bandage* gauze cast mole wart iud tube* veneer* plate pin staples dressing polish nail* makeup jewelry piercing* ring rings contacts lens* glasses dentures cyst tonsils appendix splint brace catheter bracket* wire spacer tartar plaque
        fill = now immediately asap today already again and ok okay forever really god omg seriously anymore ever you guys me right here
    ",
    filler: "ok okay now just i said the it this that these those to me all us you u immediately asap again already already god omg lol dude hey people guys am asking begging would like want wish so well um uh yo fucking fuckin goddamn damn forever seriously folks fine bro man texts text texting messages message messaging sms sending further any",
    courtesy: "please;thanks;thank you;thank u;thank you so much;many thanks;thanks so much;thx;thnx;thanx;tks;tnx;ty;tysm;sir;maam;ma am;mam;hi;hello;hey;hiya;good morning;good afternoon;good evening;good day;dear;regards;kind regards;best regards;best;sorry;my apologies;apologies;kindly;at once;right away;right now;for good;for real;have a nice day;have a good day;have a great day;have a good one;have a blessed day;god bless;god bless you;much appreciated;appreciate it;cheers;excuse me;good night;take care;sincerely",
    alone: "exit unenroll deactivate stop stopall unsubscribe unsubscribed unsub optout quit revoke end cancel remove delete enough halt stopping cease desist discontinue dnc unsubscribeme terminate stopit unsubscribing",
    clause: "remove delete stop unsubscribe unsubscribed unsub revoke cease desist halt stopping",
    elsewhere: "
        stop|stopping|stopped|stops by|in|at|off|over|into|near|there|along|through|bleeding|hurting|sign|light|watch|payment|loss
        stop|stopping on my|the|our way|road|highway
        stop for gas|coffee|lunch|food|breakfast|dinner|a|an|my|some|groceries
        stop to get|pick|eat|grab|buy|drop|use|visit|change|see
        bus|next|last|first|subway|train|metro|pit|full|truck|rest|tram|quick stop
        the|a stop is|near|before|after|by
        stop|stopped|stopping|quit|quitting|end|ending|discontinue|cease|halt 4~the|my|taking|using|all|any|on|with|this|that|her|his|these|those|daily|baby|low|dose|blood|of @med
        stop|stopped|quit|quitting|stopping 1~the @habit
        stop|quit|end it|that|this ~4 before|until !@txt ~4 @appt|@med
        nonstop
        stop|end 2~my|the|this|our appointment|appt|visit|cleaning !reminder*|text*|message*|alert*|notif*|sms|msg*|txt*|@msgs
        _ non stop
        does|did|would|will|is not ~1 bother*|annoy*|disturb
        you|they are not ~1 bothering|bugging|harassing|annoying
        did|do|have|has|could|can|why not you|u|they|he|she @say
        no need|reason|point 1~to|in stop|stopping|opt|unsubscribe
        stop|quit it|that|this ? ~3 @med
        it|bleeding|pain|he|she|swelling|tooth|gum|gums|blood|nose|wound|cough|throbbing|nothing ~2 not stop|stopped|stopping|quit
        bleeding|pain|swelling|blood|hurting|throbbing ~3 stop|end|quit
        <!you|they|it|this|these|that|please do not stop|unsubscribe|opt|remove|end|quit|cancel|delete|revoke|discontinue ~5
        please do not stop|unsubscribe|opt|remove|end|quit|cancel|delete ~5
        not 2~want|wish|trying|going|like|to|asking|mean|meant to stop|unsubscribe|opt|quit|end|revoke|cancel ~4
        <!you|they|these|this|@txt does|did|has|will|would|have|is|was not stop*|quit*|end*|unsubscribe*|opt*|revoke*
        i|we|he|she|ill 3~@aux|need|really|have|had stop|quit|end !@txt|@nag|getting|receiving|these|this|it|the|your|all|sending|them|now|with
        should|do|can|must|could|shall|may|did|when|would|have i|we|he|she|they 2~need|have|to|just|also|ever|really stop|quit|end|cease|discontinue !@txt|@nag|getting|receiving|these|this|the|your|all|sending|them|with
        i|we|he|she quit|quits|stopped|ended !@txt|@nag|getting|receiving|these
        end of|time|date|table|result|game|stage|up|around|before|at|my|to|in
        the|year|week|month|day|front|back|high|low|other|tail|deep|loose|dead end !these|the|@txt|this|it
        if i|we|he|she|they|you do|did|does not text|message|contact|call|hear|show|send|remind|get|receive ~3
        in case i|we do not ~4
        not|never text|txt|message and|while|when|at|during|from
        i|we|he|she|they|husband|wife|mom|daughter|son did|can|could|will|would|have|had|do|am|was|does|has not 1~been|even|ever get|got|gotten|receive|received|see|seen|text|texting|texted|txt|message|messaged|messaging|contact|contacted|call|called|send|sent|hear|answer|respond ~4
        i|we|he|she never 1~even got|get|received|saw|texted|sent|called|contacted|messaged|asked|had ~3
        you|they|nobody|office|dentist|doctor|one|u did|have|has|had|do not|never 1~ever text|texted|send|sent|contact|contacted|call|called|message|messaged|remind|reminded|confirm|get|give|tell ~4
        you|they|nobody|office|doctor|one never ~1 text*|sent|send|contact*|call*|message*|remind*
        you are not ~1 texting|calling|contacting
        asked|told|said ~3 not @habit ~2
        got|get|received|receive|had|getting|see|saw|have|were|was|been no|zero 2~@det @txt
        not|never got|get|gotten|received|seen|had|been any 2~@det @txt
        no|any @txt about|yet|received|came|showing|arrived|today|with|either|so
        no text me
        remove*|removing|take|taking|pull|pulling|took|extract|put|get|cut|clean|fix ~1 1~the|my|a|that|this|his|her|these|those ~1 @part ~2
        wisdom|tooth|teeth|stitch*|crown|braces|sutures|staples 2~be|to|get|getting|need|have|are|is remove*|removed
        remove*|take|taken|taking|delete|drop|pull|scratch|cross 3~@own from|off|of|out 4~of|the|your|that|this|a|my|our|tomorrow|monday @appt|schedule|scheduled|calendar|book|books|waitlist|wait|waiting|cancellation|cancelation|standby|short|@day|slot|policy|insurance|account|#
        remove*|delete|drop 2~my|the|that|this @appt|@weekday|tomorrow|#|card|insurance
        unsubscribed|opted|stopped|stop|quit ~3 accident*|mistake|error|accidently
        accident*|mistake* ~4 unsubscrib*|opted|stop|stopped|opt
        did|never|not not|never|to|me 1~to unsubscribe*|opt*|revoke ~3
        did i|you|we|u|they ~2 unsubscribe*|opt*|revoke*|remove*|cancel|stop|end|quit|delete
        am|was|were i|we ~1 unsubscribed|opted|removed|dropped
        not|never consent*|agree*|authoriz*|approve* ~1 to 3~the|any|extra|a|more|an|this|that|another|being|have|do|pay @med|@part|@appt|x|xray*|xrays|charge*|fee*|cost*|bill|billing|price
        opt|opted|opting out ~3 3~the|my|your|that|this|all|any|of|from|dental|a @med|@part|@appt|fluoride|x|xray*|xrays|deep|sealant*|scan|photos|insurance
        cancel*|canceling|cancelling|cancellation|cancelation policy|fee|fees|list|charge
        revoke* ~3 release|records|poa|proxy|referral
        not 1~always|often|really check|checking|read|see|answer ~3 @txt 2~much|often|a|lot
        license|licence|insurance|coverage|medicaid|medicare|card|access ~2 revok*
        revoke* 3~my|the|their|his|her|insurance|license|drivers license|licence|insurance|coverage|medicaid|medicare|access|poa|power
        not want ~3 miss|lose|forget|be late
        quit|quits on me|us
        leave my|the|a|him|her|them _ 1~_ alone
        leave 1~a message|voicemail|text|msg
        lose|lost|delete|remove my|the insurance|card|tooth|teeth|filling|crown|retainer
        call|text|email me when|if|at|with|about|after|before|the|a|tomorrow|today|to|on|in
    ",
    opt_out: "
        stop|stopping|quit|cease|halt|discontinue|end|terminate|abort 5~@det @txt !appointment*
        stop|quit|cease|halt|discontinue 5~@det @nag
        stop|quit|cease|enough it|this with|w 5~@det @txt
        stop|quit|end|cease|discontinue|unsubscribe 6~@visit|from @msgs
        <!so|have|has|had|there|with no 6~@visit|from @msgs !on|about|yet|since|for|came|come
        not|longer send|sending|want|need|wish|like|require 6~@visit|to|be @msgs !about
        stop|quit|cease *ing 1~to|at me|us|here|everyone|everybody
        stop|quit|cease *ing my|this|our phone|number|cell|line
        stoop|shop|step|spot|top|slop|stoo|stahp texting|txting|messaging|sending|contacting|calling|sms|txt|text|messages|texts
        no|not|never|without|back|withdraw*|pull*|remov*|longer ~4 consent|permission|authorization !form*|slip|to|for|from
        only|just 1~phone|voice calls
        ^ 1~me|us off 1~of|from the|your|this ~1 list $
        consent|permission|authorization 1~is|has|was|been withdrawn|revoked|denied|removed|ended|over
        ^ stoop|stopo|shtop $
        stop 2|to quit|end|unsubscribe|stop
        stop|quit|end|cease|no 2~all|the|my|these|your|any appointment|appt|visit|dental reminder*|texts|texting|message*|alert*|notif*|sms
        number ~4 remove|delete|erase|unsubscribe 1~it|me $
        <!i refuse*|refusing 2~to|get|all|any receive|@txt
        i refuse* to receive|get|be ~4 @txt|texted|contacted
        only contact|reach me|us by|via|through|on|with phone|email|mail|call|calls|voice
        opt|opted outt|ou|oit|oout|ot|our|aut|oput|uot
        stop|quit|end|cease 1~with it|this|that|these|those|them 3~@fill $
        ^ 4~@fill|ok|yes|i|said|will|you|u|dude|omg|the|so|or|for|love|of|god|hey|yo|people|last|time|times|again|first|second|third stop 3~@fill $
        ^ reply|text|send|txt|respond stop $
        stop @txt|contact|calls|everything|completely|forever|harassment|harrasment|service|sub*
        stop|enough ~3 nonsense|madness|bs|crap|shit|bullshit|garbage|spam|junk|stupidity|craziness
        ^ 1~ok|yes stop 1~now you|i|im|who|we|not|no|never|wrong|he|she|your|leave|already|thanks|everything|all|u|before|or|am
        stop stop
        stop all ~3 $
        all 3~this|the|of|these @txt ~2 stop|end
        @txt|you|u to|must|should|need|have|got|gotta 2~to|please|all|just stop|end|quit 2~@fill $|@txt|@nag|this|it
        @txt 2~to|must|should|needs|need|will|has|have|gotta to|please|stop|end 1~stop|end $
        needs|need|want|wish|like|make|get|have|would 3~you|this|these|it|them|to|the|your|all @txt|it|this|these|them|you ~1 stop|stopped
        told|tell|asked|ask|telling|asking you|u|yall|them|guys|people|office 3~guys|to|please|all|already|times|before stop|unsubscribe|quit|opt
        i|we|already|have|just|to said|say|saying|replied|typed|texted|texting|wrote 1~already|please|to|the|word|you stop|unsubscribe|quit|opt
        why|when|how do|will|are|is|come you|u|this|these|they|it|the ~3 not stop|quit|stopping|end
        if you|this|these|it|they|u ~2 not stop|quit|end|stopping
        can|will|could|would you|u|yall 2~just|all|guys stop|quit|unsubscribe|cease !by|in|at|the|my|this|@appt
        no more 4~@det @txt|calls
        ^ no more 2~@fill $
        <!so|that|have|has no|zero|without 2~@det texts|texting|txts|messages|messaging|msgs|sms|reminders|notifications|alerts|spam|contact|communication|txt !on|about|yet|since
        no|zero|without 2~@det text message*|msg*
        ^ no|not text|txt|message|contact me|us|anymore|please 1~anymore $
        ^ no text|txt|texting $
        <!i|we|they|who not|never 3~ever|again|even|to|be|please|you|need|have|keep|should @say me|us|this|these|my|again|anymore|any|to|back|ever|here|more
        <!i|we|they|you|who|he|she do not|never 2~ever|again|even|dare|keep|please @say $|please|back|any|ever|again|no|unless|until
        not|never 2~to|be|you|ever @say me|us|this number|anymore|again
        <!i|we|you|they do not|never 2~ever|again|keep call|calling|phone|write|reach me|us|this|here|again|anymore|my|back|any|$
        <!i|we|they|you|who not|never 1~ever|again @say|call|write|email|reply or|nor|and @say|call|write|email
        <!i|we never call|text ~2 again|anymore|number
        ^ 3~@fill|please|no|just stop 2~@fill $
        do not|never call $
        no need 3~to|for|you|keep @say|@nag|send|sending ~2 anymore|again
        take|get|drop me|us|number off $
        opt me|us|this off
        stop means|is stop
        part|word of stop ~4 understand
        part of stop
        ^ reported|blocked and blocked|reported
        not|never 1~ever|to call|calling|write|writing me|us|again 1~again|anymore|ever $
        not|never 1~to|be|ever send|sending 5~@det|more|any|anything @txt|these|those|them|anymore|stuff|anything|junk|crap|shit
        do not|never send 1~me|us|it|anything $
        do not|never send me|us these|this|those|any|anymore|more|stuff|anything
        not|never be|get|getting texted|contacted|messaged|called|reminded|bothered|notified|spammed
        not|longer|never|neither want|need|wish|like|care|desire|interested|require|appreciate|wanting|wants 8~@det|to|be|for|in|any|keep|a|hear|anymore @txt|texted|contacted|bothered|reminded|messaged|notified !about
        not|longer want|need|wish 5~to|be|get|receive|receiving|have|any|your|more|of|all these|those|them|anything|anymore|more 2~@fill $
        not|longer want|wish|like to|be receive|get|hear|receiving 3~from|you|anything|any|more|anymore|further $
        not|longer want 2~to|hear hear 2~anything|from you|yall|your
        not|longer want your|ur @txt|shit|crap|junk|spam
        opt|opting|opted|opts|opp 3~me|us|my|number|this|these|him|cell|phone|the|to|mine out !of|him|her|them
        opt|opting|opted 2~me|us|my|number|out out ~1 of|from 5~@det @txt|it|this|these|$|program|list|lists|everything|all|that|service|future|your
        opt out $
        opt|opting|opted number|me|us|my|cell|phone out
        opted|opt out now|immediately|asap|from|me|my|this|number
        unsubscrib*|unsub|unsuscrib*|desubscribe|unsubscription
        un|de subscribe|subscribed|subscribing|suscribe
        remove|delete|erase|take|get|drop|strike|clear|scratch|pull|cut|removing|removed|taken|taking|deleted|purge|wipe 3~@own 1~please off|from|of|out|in 6~@det|contact|mailing|calling|text|texting|patient|marketing|phone|appointment|a|message|reminder|call|sms|our list*|@txt|system|systems|database|records|distribution|program|service|contacts|file|files|these|mailing|everything|all|thread|group|chat|notification*|directory
        remove|delete|take me|us|number off|from this|it|here
        <!to remove|delete|erase|unenroll|deregister|deactivate me|us|myself 2~@fill $
        remove|delete|lose|forget|erase|block|discard|toss|blocking|removing|deleting|dump|purge|blocked|scrub|drop|loose 2~my|this|the|our|your|a|both|damn 2~phone|cell|mobile|contact|damn|telephone|fucking number|numbers|contact|info|information|data|digits|no $
        remove|delete|lose|forget|erase|block|blocking|deleting|removing|blocked|scrub|loose my|this|our 1~cell|phone|mobile|contact number|numbers|digits|info
        take|get my|this|our 1~cell|phone|mobile|damn number|name|info off|out
        <!to leave me|us|my 3~the|tf|fuck|hell|family|f|heck|phone alone|be|alon
        ^ 4~@fill|please|just|and|ok|so|then|you|all|guys|can|stop fuck|f|eff|piss|bug|buzz|back|sod|screw|bugger|naff off
        ^ 3~@fill|please|just go away|to 1~hell $|and
        go fuck|screw
        ^ 2~@fill|just get lost|bent|fucked
        ^ shut up
        ^ shut the fuck|hell
        ^ knock|cut|give it off|out|a
        enough already|with|of 4~@det $|@txt|@nag
        ^ thats|it|that|this 1~is enough $
        give it a rest
        revok*|revoking
        withdraw*|rescind*|retract*|cancel*|terminate|end 3~my|all|any|the|prior|previous consent|permission|authorization|authorisation|subscription|enrollment|agreement
        not|never consent*|authoriz*|agree*|give|gave|given|allow*|permit|approve* 5~@det|to|you|be|for|being|my|ever|your|up @txt|texted|contacted|permission|consent|these|communications !about|for
        not|never have 2~my|our|any|the|your consent|permission|authorization
        no|zero|without consent|permission|authorization !form|slip
        do not consent $
        i do not consent $
        ^ 1~you|can|phone|voice only|just call|phone|email|mail 1~me|us !if|when|about|the|a|to|once|after $
        only|just call|calls|phone|email|mail me|us only|instead|do|no|not|never
        only by phone|mail|email|call
        call|calls|phone|email|voice|mail 1~me|us|calls|call only $
        phone|voice calls only
        call|calls|calling|phone|email|emails 3~me|us|is|are|call|calls instead of 3~@det @txt
        call|calls|calling|phone|email 2~me|us|is|but no|not|never @txt|text
        i|we|will|gonna|to|going sue|suing you|your|yall|u|if|for|this|y
        report|reporting|reported 4~you|this|number|your|to|the|as|it|y|all|u|these @txt|fcc|ftc|spam|junk|bbb|scam|harassment|tcpa|authorities|police|attorney|phishing|carrier
        will|gonna|be|to|am|i report|reporting you|this|your|u
        fcc|tcpa|ftc
        harass*|harrass*|harras*
        lawsuit|sueing|suing
        legal action
        do|not not|to call list|registry
        dnc list|registry
        cease and desist
        hear|hearing|talk|talking|call*|contact* 1~from|to|with my|our|a lawyer|attorney
        my lawyer|attorney will
        sick|tired|fed|done|annoyed|enough|hate|bothered|irritated 4~and|tired|up|of|with|getting|all|by|about|constantly|receiving|the 4~@det @txt|these|@nag
        turn|shut|switch 5~@det @txt off
        turn|shut|switch these|this|those|them off
        turn|shut|switch off these|this|those|them
        turn|shut|switch off 5~@det @txt
        disable|deactivate|mute|suspend|discontinue|cut|kill|nix|lay|ditch|pause|terminate 1~off|out 5~@det @txt
        lay off 3~@det @txt
        interested ~1 receiving|getting
        discontinue 1~the|this|your service
        exit|leave 1~the|this|your list
        ^ op|otp|opp|ot|oped|opy out
        refrain|desist 1~from 5~@det|any @txt|@nag|contact
        cancel*|canceling|cancelling|end|ending 5~the|all|my|these|those|your|any|future|of|this|text|message|sms|appointment|automated|me|from|daily texts|txts|messages|msgs|sms|reminders|notifications|alerts|subscription|subscribe|messaging|texting|spam|enrollment|contact|communication|communications|service|message|emails|calls
        cancel*|stop|end reminder|reminders|text|texts|texting|txts|message|messages
        no longer 1~be text|txt|message|contact|send|call me|us|this
        number|me should|must|needs|be ~2 removed|deleted|unsubscribed
        want|wish|like|request|asking|demand|need ~2 off|removed|out|unsubscribed ~1 4~@det list|lists|@txt
        do not disturb|bother
        never signed|agreed|subscribed|consented|asked|authorized|opted|requested ~1 2~up|to|for|in 3~@det|get|be|any @txt|texted
        not sign|signed|agree|subscribe|consent|ask|authorize|opt|request ~1 2~up|to|for|in 3~@det|get|be|any @txt|texted
        unwanted @txt|contact
        want|wants|wish 3~to|be|get|not nothing from you
        nothing 1~more from you
        take|put me|my|this 2~number|phone|off on 2~your|the|a|do|not dnc|not
        not|never use my|this number 3~to|for|ever|again @txt|$
        stop :stop:
        this number 1~is not ~2 accept|accepting|consent
        i want|wanna|would ~2 out of 3~@det @txt|list|this|program
        let me out
        exclude|unlist|unregister|deregister|unenroll|disenroll|withdraw|block|blacklist me|us|my|this|number ~2 $|from|off|@txt
        ^ block|blocked|blocking|reported $
        i am blocking you|this|your
        blocking|blocked you|this|number
        will block you|this|your
    ",
    unclear: "
        stop and|but|or|then|until|unless|if|please
        stop $
        cancel*|end|drop|delete|remove it|this|that|me|everything|all|us|them 3~@fill $
        cancel|quit|end|unsubscribe|revoke all|everything
        ^ 1~yes|no|ok|just|i|lets cancel 1~now|this|that|it $
        ^ cancel 1~this|me $
        ^ i quit $
        ^ end|quit $
        ^ the end $
        not interested
        no interest
        not want|need|like this|it|that|anything 3~@fill $
        number ~1 not accept|take|receive|get|want ~1 @txt
        i do not text|txt $
        do not|never use|do|like|have|check|read|want|answer text*|txt*|sms
        not|no need 3~to|for|a|any|you|another remind*|reminder*|@txt
        this|it|that|these|looks|sounds is|are|like 2~a|just|total|pure spam|scam|harassment|annoying|junk|spamming|fraud
        ^ spam|scam|junk $
        too many 2~@det @txt
        so many @txt
        so|very|really|are annoying
        never|not sign*|subscrib*|agreed|consent*|authoriz*|opted|asked|ask|request* 2~up|to|for|in 2~this|these|it|any $
        prefer|rather|want|like ~3 call|calls|phone|email|called
        call me|us 1~by instead|rather
        stop|not|quit @nag|text|contact|call|message|send my|his|her|the|our @kin
        stop|not|quit @nag|text|contact|call|message him|her|them
        i want|wanna out
        count me out
        i am done with
        screw|fuck you|u|this|ya|yall
        do not|never @say !me
        ^ no message|text|msg $
        lawyer|attorney ~3 @txt
        assholes|asshole|idiots|bastards|fuckers|fucker
        :halt:
        lose my number
        bother*|bug* me
        not text* or call
        opt out of
        opt
        revok*
        how|where 1~do|can|to i|we|to stop|end|quit
    ",
    wrong_person: crate::domain::reply::words_en_more::WRONG_PERSON,
    change: crate::domain::reply::words_en_more::CHANGE,
    cancel: crate::domain::reply::words_en_more::CANCEL,
    keep: crate::domain::reply::words_en_more::KEEP,
    unsure: crate::domain::reply::words_en_more::UNSURE,
    question: crate::domain::reply::words_en_more::QUESTION,
    topic: crate::domain::reply::words_en_more::TOPIC,
    confirm: crate::domain::reply::words_en_more::CONFIRM,
    pleasantry: crate::domain::reply::words_en_more::PLEASANTRY,
    urgent: crate::domain::reply::words_en_more::URGENT,
    not_urgent: crate::domain::reply::words_en_more::NOT_URGENT,
};
