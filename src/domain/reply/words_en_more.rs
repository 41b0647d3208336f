//! English: the words for the meanings other than opt-out.

/// The number belongs to someone else.
pub(crate) const WRONG_PERSON: &str = "
    wrong 1~phone|cell number|person|num|numb|nbr|patient|guy|lady|one|phone|woman|man|contact|people|house|party|individual|no $
    wrong number|person|num|patient|phone
    have|got|has|texting|messaging|contacting|reached|texted|to|is|this|at|dialed 1~the|a wrong
    not|longer 1~my|his|her|their|the|a|your ~1 number|phone|cell !is|for
    not|longer _ s|sphone number|phone|cell|mobile
    no longer 2~has|have|is|at|a|the|my|his|her|their number|phone|cell|mobile|patient
    not _ 1~_ s 1~cell|phone phone|number|cell|mobile
    this is|was not !a|the|good|working|what|ok|okay|right|urgent|an|true|going|acceptable|fair|my|funny|correct|possible|enough|necessary|helpful|cool|him|her|for _ $
    this is not|for 1~the him|her|me|us|them|person|patient|right
    i am not !sure|coming|going|able|available|feeling|well|free|ready|certain|home|there|here|in|a|late|gonna|sick|interested|happy|ok|okay|good|making|driving|working|getting|on|at|really|too|so|very|the|allowed|your|aware|using|doing|done|seeing|understanding|familiar|comfortable|convinced|paying|returning|attending|pregnant|eating|taking|allergic|*ing|*ed|from|hungry _ $
    i am not a|the|your|this|that 1~_ patient|person|one|guy|client|customer|woman|man|individual
    i am not him|her|them|that|this|who
    i am not _ 1~_ , stop|wrong|you|please|sorry
    not 1~the|a|your patient
    do not|dont know 1~any|anyone|anybody|no|who|a|an|this|that !if|what|when|how|where|the|yet|my|is 1~_ _ $
    do not know who|anyone|anybody|any ~3 is|named|called|by|$
    do not know|have 1~a|any|this|that|anyone _ s|jr|named
    know no one|nobody
    no one|body|person 2~here|by|with|of|in|that|at named|name|called|by|goes
    nobody|noone|no ~3 named|by|called|with|that|this|here 1~that|this|the name
    nobody|noone 2~here|at|by named|by|called|that
    there is no _ 1~_ here|at|living
    no _ here
    no _ 1~_ at|with this|that number|phone
    ^ no such person
    who is 1~this|that !this|that|the|my|your|doing|it|calling|seeing|going|performing|taking|on|in|there|available|handling|working _ $
    new number|owner|phone ~2 not|this|now
    not have|use|own|answer 1~this|that number|phone anymore
    got|have|is|just 2~this|a|my|got new number|phone $
    has|have|got a new|different|another|changed|their|his|her number|phone|cell
    changed|change his|her|their|number|numbers 1~phone number|numbers
    does|do|did not live|have|belong|work|own ~1 here|this|to|number|at
    moved|sold|passed|died ~4 number|phone|wrong
    mistaken identity
    mixed up|me with|numbers
    not who you|your|u
    not the|that person
    not mine !to
    name is not _
    belong* to
    belongs !to
    never been|gone|went to|here|there 1~your|this|that
    not|never 1~my|your|a dentist|doctor|dr|clinic $
    ^ 1~thats|its|that|is|sorry not me $
    no longer has|have|uses|owns|is|at this|that|the|number
    just|recently got|have|had|received this|my|a new|number|phone
    never heard of|been|had|visited|went|gone ~4 $
    not|never been|a|had ~2 patient|client|customer
    i do not have|see|go|got|use|know 2~an|any|a|to|your|this|the appointment|appt|dentist|doctor|office|clinic|practice ~1 with|there|here|at|named|by
    not my appointment|appt|dentist|doctor|clinic
    passed away
    deceased
    is|has|he|she|mother|father|husband|wife|mom|dad died|dead|deceased
    is dead
    you are|were looking for someone|somebody
    texting|text someone|somebody else
    not 2~the|my|a|for right|correct number|person
    someone|somebody else s|has|number
    you must|might|may be|have confused|mistaken|mistake
";

/// The patient wants another day or hour.
pub(crate) const CHANGE: &str = "
    reschedul*|resched*|rescedul*|reshedul*|reschdul*|rebook*|rearrange*|reskedule
    re schedule|book|scheduling
    move|moving|change|changing|switch|push|postpone|bump|swap|shift|adjust|delay|bring|transfer|modify 3~me|us|my|the|our|it|this|that|his|her|son|daughter|s|kids|sons|daughters|their|husbands|wifes @appt|it|date|day|hour|to|back|up|forward|ahead|later|earlier|@weekday|tomorrow
    push|move|bump|delay back|up|it|forward|out|to
    postpone*|postponing
    different|another|other|alternate|new|alternative|better time|times|day|days|date|dates|appointment|appt|slot|week|hour|month
    some|any other time|day|date
    need|want|like|prefer|find|give|schedule|make|book 3~a|an|to|me|us|any|something|my|the later|earlier|sooner|different|another !do|there
    later|earlier|sooner|after|before time|slot|appointment|appt|date|day|in|that|than|on|next
    can|could|may|might|would|will we|i|you|u|it 4~be|just|please|possibly|maybe|instead|do|make|come|have|get|move|try|it|go|in|at|on|for|the|around|a|to|schedule|set|see|me|us|switch|an|still|by|change|him|her|fit|squeeze @day|#|earlier|later|sooner|next|another|after|before|instead !do
    can|could we|i 1~do|come the|at end|beginning|middle of
    <!not make it @weekday|#|at|later|earlier|for|on|next|sooner
    do|try @day|#|it !i|have|you|is instead|at|later|next|morning|afternoon
    how|what about !my|the|if|parking|insurance|payment|fasting|cost|eating|it|x|medic*|coverage|copay @day|#|next|another|later|earlier|after|a|an|any|in|at|sometime|around
    @day|#|morning|afternoon|evening|week|month instead
    instead of @day|#
    @day|#|morning|afternoon|evening|pm|am|mornings|afternoons|evenings|week|time 1~at|or|would works|is|work|be|are 1~much|a|lot|for|me|any|so|really better|best|easier
    work|works|suits|suit|be better|best 1~for|on|in
    works for me better
    not 3~gonna|going|to|be|able|really|actually|a do|work|good|available|free|open|around|convenient|possible 3~for|on|at|me|us|that|in|it|the|until|this|before|a @day|#|day|time|then|anymore|now|date|week|month|schedule|hour|slot
    that|this|the|@day|#|it|time|date|day does|do|will|would|wont|is|not 3~not|time|a|day|really|longer|no|gonna|going|to|be work|good|suit|possible|fit|bad|inconvenient 2~for|me|us $
    @day is|does|are not good|possible|work|ok|free|available
    not|can|longer make|do @day|#|that|mornings|afternoons 1~day|time|one|at|but
    not make|do|keep|come|attend ~4 but|can|could|next|another|maybe|instead|how|any|is|what|until|till|do|after|later ~3 @day|#|next|another|later|earlier|other|reschedul*|can
    not @day|#|that|mornings|afternoons but|can|only|how|could|until|instead
    can not @day|#
    too early|late|soon ~2 for|can|could|me
    not ~6 , 2~is|are|there|do|you anything|any|something|other|another 2~in|on|the|for|this afternoon|afternoons|morning|mornings|evening|later|earlier|else|open|available|@weekday
    no longer want|need|works|able 2~the|that|my|this # ~2 can|could|slot
    not available|free|open ~1 @day|#|that|then|until|at
    busy|booked|unavailable 2~on|at|in|all @day|#|day|that|then
    out of town|state|country|office
    have|got|has to|a work|conflict|meeting|class|school|exam ~3 @day|#|that|then|time|scheduled|same
    conflict*
    only|just come|do|free|available|make|after|on|in 2~in|on|at|the|it|after|before|come|mornings @day|#|mornings|afternoons|evenings|weekends|before|after
    rain check
    raincheck
    any|anything|something|openings|opening|appointment|slot 2~on|open|available|for|this|next @weekday ?
    not want ~3 @weekday|mondays|tuesdays|wednesdays|thursdays|fridays
    pick|choose|find|set|need 1~a|up another|new|different|date
    new date|time|appointment|appt
    put off
    <!the|your schedule for|on|at|later|another|something|me ~2 @day|#|later|next|another
    would|could|can prefer|rather|like|we 3~to|come|have|do|an|a|the|in @day|#|mornings|afternoons|evenings|earlier|later
    prefer @day|#|morning*|afternoon*|evening*
    come|be|arrive|get|there|in 2~in|there|a|an|little|bit earlier|later|sooner|half|hour 1~instead|if|is|ok
    come in|on|at|by|over @day|#|later|earlier 1~instead|or $ ?
    next|other|following week|month|year|time|day|@weekday instead|would|please|work|works|is|ok|better|if|for
    wait until|till @day|next|after
    later 1~on|in that|the|same day|week|time|date
";

/// The patient is not coming.
pub(crate) const CANCEL: &str = "
    cancel*|cancell*|canceling|cancelling 5~my|the|our|this|his|her|their|that|son|daughter|s|kids|for|sons|daughters|husbands|wifes|on|both|all|a|me|upcoming|dentist|dental|doctor|at|to|it|us|scheduled|today|todays|tomorrows|next|of|family|them|everyone|moms @appt|kids|son|daughter|husband|wife|@day|#|todays|tomorrows|schedule
    have|need|want|must|got|going|like|gotta|wish|had|trying|hoping|decided to 1~please|just|also cancel*|cancell* 1~it !@txt
    need|want|am|will|be|wanting canceled|cancelled|canceling|cancelling|cancel|cancell
    i|we will|must|should|need|am|are|can|gotta|might|may 1~just|have cancel*|cancell*
    can|could|will|would|may i|we|you|u 2~please|just|go|ahead|and cancel*|cancell*
    cancel*|cancell* and|then|or reschedul*|rebook
    cancel*|cancell* ~2 because|due|since|as|sick|covid|work|emergency|weather|car
    cancel|cancell for|on @day|me|now|this|us|#|my
    call|calling off
    can|could|will|would|am|are|is|be|wont|may|might|do|does|ca 6~be|able|to|going|really|even|actually|gonna|sadly|unfortunately|now|longer|that|just|i|we not 6~be|able|to|going|really|even|actually|gonna|make|it|still|now|probably|planning|longer|also make|attend|come|coming|go|going|making|show|showing|attending|keep|keeping|there|in|needing|join|arrive|it|available !to $|it|in|to|today|the|my|our|that|this|there|@day|#|for|anymore|because|due|i|sorry|on|up|at|as|tmrw|now|with|after|and|we|unfortunately|his|her|appointment|appt|back|something|will|so|am
    not make it
    not to come|attend|go
    not show|showing up
    can not $
    can not go|come|attend|today|tomorrow|tmrw|sorry|anymore|i|unfortunately
    unable to|2 make|attend|come|keep|be|go|do
    not able|unable to|2 make|attend|come|keep|be|go|do|see
    not|longer|never|nt 2~gonna|going|to|be coming|attending|goin|going|making 2~it|to|in|today|@day|back|the|my $|anymore|i|today|the|my|@day|it|because|for|to|there
    no longer able|coming|attending|going|available
    not|longer need|require|want|needed|wanting|wanna 4~to|the|my|this|that|an|it|come|your|any|our|go|see|his|her|be|keep|have|dental|a appointment|appointments|appt|appts|visit|slot|consult|consultation|cleaning|checkup|come|go|seen|services|dentist|in|it $|anymore|i|@day|today|because|thanks|as|for|at|with|we|sorry|feel|am|found|he|she|it|got
    not|longer need|want to come|go|see
    not|longer need|want to be seen
    stop|end 2~my|the|this|our appointment|appt|visit|cleaning
    take|took 2~my|the|our @appt off|out
    found|got|have|going|go|switched|switching|see|seeing|moved|using|use 2~a|an|to|with|another|different|new another|new|different|other dentist|doctor|provider|office|clinic|practice|dr|place
    we|i|family have|has|had|just 1~already|since moved
    skip|skipping|miss|missing 4~this|my|the|it|our|that|have|to|today|todays|tomorrow|tomorrows @appt|time|one|it|this|today|tomorrow
    have to miss|skip|pass
    gonna|going|will|ll|to have to|miss|pass|skip miss|pass|skip|it|this
    remove*|take|taken|drop|pull|scratch|cross|delete 3~@own from|off|of|out 4~of|the|your|a|my|our|tomorrow|monday schedule|scheduled|calendar|book|books|@day|slot|@appt|#
    remove*|delete|drop 2~my|the|that|this @appt
    give 2~my|the|away|up spot|slot|appointment|appt|time|it 1~away|to
    free up 2~my|the|that spot|slot|appointment|time
    will|am|wont|be not be 2~able|going|in|there|coming|making there|at|in|able|coming|here|attending|making|to
    not be there|attending|coming|able|in|making|here|around
    ^ no 1~i|we|sorry can|will|am|are not
    not happening
    no show
    not today|tomorrow|this $
    can not do it
    have to back|bail out|on
    something came up
    has to|be cancel*|cancell*
    please cancel 3~my|the|this|our|for @appt|@day|#
    will not need|make|come|attend
    changed my mind
    ^ i canceled|cancelled $
    already|i|we|have canceled|cancelled
    i|he|she|we is|am|are 2~too|so|very|really sick|ill|hospitalized
    has|have|got|with|tested covid|flu|positive|strep
";

/// Phrases that reverse the word "cancel" or a similar one: "don't cancel", "if I cancel", "did you cancel?".
pub(crate) const KEEP: &str = "
    not|never 3~have|to|want|need|please|be|going|you|get|it cancel*|cancell*|reschedul*|move|change|miss|lose|skip|forget|postpone|give ~4
    no need|reason to cancel*|reschedul*|change|move
    might|may|probably|possibly 2~i|we|have|need|will ~1 cancel*|reschedul*
    if|unless|in|when|case 1~case i|we|you|he|she|it|someone|there 4~do|have|need|had|to|can|not|a|the|decide|want|be|has|was cancel*|cancell*|make|come|miss|canceling|cancellation|reschedul*|no|change|late|not ~3
    was|is|has|did|been|were|does|why|who|do|are|got you|it|my|this|the|i|he|she|we|they|already|that|your|office|appointment|appt|both ~3 canceled|cancelled|cancel|cancell|moved|changed|rescheduled|cancels
    cancellation|cancelation|cancel|late|rescheduling|reschedule 1~ing policy|fee|fees|charge|list|window|penalty|waitlist|policies
    any|a|an|your|the|there|last|for|get|be|have|with|is|were|if|got|on cancellation*|cancelation*|cancelations|cancellations
    is|will|would 2~there|it|a|any|be ~4 charge|fee|penalty|ok|problem ~1 if|to|for ~5
    ticket|flight|insurance|class|meeting|event|work|plan|policy|card ~2 canceled|cancelled
    canceled|cancelled|changed|change|changing|move|switched|cancel 1~my|the|our meeting|flight|trip|class|insurance|plans|bandage|dressing|doctors|dentists|address|phone|email|name|pharmacy|medication*|jobs|clothes|insurances|number ~3
    do|does|can|could|will|should|why i|we|you|they 2~have|need|to|just not|never ~3 come|go|attend|see ~3 before|first|until
    can not wait ~3
    can not find|see|hear|open|read|remember|tell|park|eat|chew|sleep|breathe|get|access|log|seem|stop|reach|call|text|talk|click|afford|pay|feel|walk|wear|drive|understand ~3
    my|a|new insurance|address|phone|email|number|name|pharmacy ~1 changed|moved
    not available ~1 online|yet|anymore|there
    moved to|up
    did|have|has not 1~yet come in|through
    no longer hurts|hurting|have|bleeding|covered|swollen|takes|on
";

/// The patient says neither yes nor no.
pub(crate) const UNSURE: &str = "
    might|may|probably 3~i|we|have|need|will|to cancel*|reschedul*
    maybe|perhaps|possibly|unsure|undecided|depends|dunno|idk|tentative*|probably|hopefully|might
    not 2~a|100|entirely|too|quite|so|really|completely sure|certain|positive|decided|yet|know
    let you|u know|kno
    get|call|text|getting back to|with you|u
    will|ill|gonna see !you|u|ya|yall|everyone|y|everybody
    will|ill|gonna call|text|check|try|know|confirm|ask|let ~2 later|back|if|my|and|tomorrow|soon|to|you|with|when|tonight|on
    have|need|got to|2 check|see|ask|look|think
    i think|guess|believe|hope|suppose so|ill|i|we|its|it
    do not know 1~yet $|if|yet|when|what
    do not know $
    try|trying to be|make|come|get|my
    will|ill|to|i try
    do my best
    should|could be able|there|fine|ok
    give me|us a|some|until|till
    checking 1~on|with my|and|the|schedule|work
    can i|we 1~still let|tell|confirm|decide|get
    not yet
    yes|ok|yeah|sure|confirm* ~3 but|however|if|unless|depending|although|except|though|only
    but|however !yes|yeah|i|we|will|ill|sure|ok|see|si|oui
    unless
    running|runnin|be|am|being|few|bit|little|mins|min|minutes|might|stuck 4~a|few|little|bit|running|about|#|min|mins|minutes|10|15|be|in late|behind|traffic|delayed|minutes|mins
    on time ?
    late
    stuck in
    start|unstop|subscribe|resubscribe
    :no:
    ^ no|nope|nah|na|n|negative|nop 3~thank|sir|sorry|not|way|mam|dear|good|longer $
";

/// The patient asks a question, or says something that a person must answer.
pub(crate) const QUESTION: &str = "
    ^ 3~and|so|but|ok|also|um|yes|well|quick|or|oh|question what|when|where|who|why|how|which|whats|whos|hows|wheres|wat|wut|whose
    ^ 3~and|so|but|ok|also|yes|well|or|oh do|does|did|is|are|can|could|will|would|should|may|am|was|has|have|shall i|you|u|we|it|they|he|she|there|the|my|your|this|that|someone|anyone|insurance|dr|doctor|dentist|parking|kids
    do|does|did|can|could|will|would|should|may|shall i|you|u|we|they|someone|insurance
    what time|is|are|do|should|if|about|to|address|day|does|kind
    when|where is|are|do|should|can|does
    how much|long|many|do|far|can|soon|early|late|is|about|come
    wondering
    <!more|other|no|further question|questions
    ask|asking
    call|phone|ring|contact|text|email|message me|us
    call back|asap|my
    ^ send|resend|email|remind|fax
    give|gimme|gave me|us 2~a|quick call|ring|buzz
    can|need|want|please|pls|like|have|someone|somebody call|talk|speak|speaking|talking|chat
    need|want|like|have|got to talk|speak|discuss|know|ask|update|tell
    let me know
    send|tell|give|text|email|show me|us|my|the
    please|pls|plz|kindly send|call|advise|explain|tell|help|email|fax|resend|update|remind|ask|let|have
    anything earlier|sooner|later|else|available|open
    earlier|sooner|openings|opening|availability|available
    ^ help|info|information|question|huh|what|why $
    help me|us
    my|new phone|address|email|insurance|name|number ~1 changed|change|is|has !not
    not|never 1~even|yet receive*|got|get|gotten|heard|hear|see|seen ~4 @txt|call|calls|anything|email|about|back
    no texts|text|message
";

/// What a person must answer if the reply says nothing else: money, medicine, tooth problems.
pub(crate) const TOPIC: &str = "
    insurance|medicare|medicaid|copay|deductible|coverage|covered|bill|billing|invoice|balance|payment|paid|pay|owe|charge*|cost|price|refund|estimate|quote|cash|card
    medication*|meds|medicine|antibiotic*|aspirin|prescription*|refill*|rx|pill|pills|dose|ibuprofen|tylenol|thinner*|amoxicillin|allergic|allergy|allergies|sedation|anesthesia|numb|novocaine|premed*|fasting|fast
    x|xray*|xrays|records|referral|forms|form|paperwork|results|lab|labs|test|tests|report|documents|document|mri|scan|bloodwork
    pain|hurt|hurts|hurting|bleed*|blood|swollen|swelling|fever|infect*|ache*|toothache|broke|broken|chipped|cracked|loose|sensitive|sore|emergency|urgent|abscess|sick|vomit*|rash|dizzy|pus|numbness|throbbing|stitches|stitch|tooth|teeth|crown|filling|gum|gums|jaw|braces|denture*|retainer|wire|bracket*|implant*|wisdom|fluoride|sealant*|root|novacaine|laughing
    parking|park|address|directions|location|entrance|wheelchair|elevator|stairs|floor|suite|building|lost|map
    translator|interpreter|spanish|english|deaf
    pregnant|smoking|smoke|surgery|treatment|procedure|whitening|cleaning|crown|extraction|symptoms|cough|covid
    password|link|portal|login|website|online
";

/// The patient is coming.
pub(crate) const CONFIRM: &str = "
    yes|ys|yeah|yep|yup|yea|yess|yas|yis|ye|ya|yah|yessir|yesss|yrs|yse|uh|yepp|yupp|yeh|yeap|aye|yees
    sure|ok|okay|okey|okie|kk|oki|alright|alrighty|aight|okk|okayy|oky|k|okidoki|okeydokey
    <!not confirm|confirmed|confirming|confirms|confirmation|comfirm|comfirmed|conform|confermed
    ^ 4~ok|is|it|that|this|am|i|all|we|are|very|sounds|looks|still|will|be|everything|time|works perfect|great|good|cool|fine|wonderful|excellent|awesome 3~for|me|us|with|to|go|see|you|there|then|i $|will
    <!not absolutely|definitely|correct|certainly|affirmative|excellent|awesome|roger|deal|accepted|accept|agreed|yay|acknowledged|indeed|fantastic|lovely
    sounds good|great|perfect|fine|like|wonderful
    see you|u|ya|yall
    i|we will 1~be stopping|stop|swing|drop|come|coming by|over|in
    cya|c u|cu
    will|ll|ill|i|we|gonna|going|to|am|are be there|here|in|attending|present|coming
    be there|ther
    i|we am|are|will|re|m 2~still|be|definitely|all|both coming|attending|going|ready|set|come|attend|make|arrive|arriving|in
    on my|our|the way
    omw
    looking forward
    works 1~great|perfectly|fine for|with|great|fine|perfect|well|$
    that works
    all set|good|confirmed
    got it|you|u
    will do
    count me in
    10 4
    still on|coming|good|planning|going|there
    i|we|it can|will make|do|attend|come it|that|in|$
    you bet
    of course
    planning|plan on|to
    copy that
    right on
    have it|this on|in
    noted|understood
    message received
    ^ received $
    no 1~changes|big problem|prob|worries|issue|issues|change|changes|doubt|conflict|conflicts|deal
    i|we|wont will|am|are 1~definitely not cancel*|cancell*|miss|missing|forget
    do not worry
    no need|reason to cancel*|reschedul*|call|worry|change|move
    :yes:
    sounds|looks good
    i accept
    with bells
    there will|ill|i|we
    lets do
    let us do
    can not wait
";

/// Words that ask for nothing.
pub(crate) const PLEASANTRY: &str = "
    thank|thanks|thx|ty|tysm|thanx|thnx|tks|tnx|appreciate*|appreciated
    you are|r|re|your welcome
    welcome
    have a|an|you ~1 nice|good|great|blessed|wonderful|lovely|safe|happy|merry
    happy _
    merry _
    good morning|night|evening|afternoon|day|luck
    hi|hello|hey|hiya|howdy|yo
    bye|goodbye|cheers|lol|haha|ha|hahaha|lmao|np|nice|wow|cool|aww|congrats
    god bless
    you too
    same to you
    take care
    :emoji:
    have fun
    bless you
    my pleasure
    no worries
";

/// A person must act at once.
pub(crate) const URGENT: &str = "
    bleed*|blood|bloody|hemorrhag*|swell*|swollen|fever|feverish|pus|abscess*|infect*|emergency|emergencies|urgent*|toothache|911|suicid*|unconscious|fainted|faint|fainting|seizure*|stroke|overdose*|choking|numbness|throbbing|excruciating|agony|unbearable|er|ambulance|hives|anaphyla*|drainage|oozing|discharge
    pain|pains|painful|painfull|hurt|hurts|hurting|aching|ache|aches|achy|sore
    knocked|fell|came|falling|broke*|chipped|cracked|knock|lost|loose ~4 tooth|teeth|crown|filling|implant|bridge|jaw|veneer|denture*|wire|bracket
    tooth|teeth|crown|filling|implant|bridge|jaw|veneer|bracket ~3 knocked|fell|came|broke*|chipped|cracked|fallen|falling|loose|popped
    not breathe|breath|breathing|swallow
    not stop|stopped|quit ~1 bleed*|hurting|throbbing|swelling
    trouble|hard|difficulty|difficult|struggling ~1 breath*|breathing|swallow*|breathe
    chest tight*|pain|pressure
    short* of breath
    allergic reaction
    throwing up
    vomit*|puking
    passed out
    blacked out
    high temp*|temperature
    temperature of
    kill myself
    severe|severely
    asap ~4 pain|hurt
";

/// Phrases in which an urgent word is not urgent: "no pain", "will it hurt?", "no more questions".
pub(crate) const NOT_URGENT: &str = "
    no|not|without|zero|less|any|never|nor 3~more|longer|in|any|much|have|having|really|a|had|is|swelling|or|to pain|hurt|hurts|hurting|fever|bleed*|swell*|swollen|infect*|sore|painful|blood|an|emergency|urgent|aching|pus
    will|does|would|going|gonna 4~it|this|that|be|the|to|there|really|cleaning|procedure|injection|shot|extraction|filling hurt|painful|pain|sore
    to hurt
    pain free|meds|management|med|medication*|killer*|reliever*|clinic
    painless
    blood pressure|work|test|tests|thinner*|type|sugar|draw|panel|bank|drive|donation
    hurt|sore feelings|loser
    not urgent|emergency|an
    urgent care
    sorry ~2 pain
    better|gone|stopped ~2 pain
    pain 2~is|has|much|all|finally|went gone|stopped|better|free|away|subsided
    bleeding|swelling|fever|pain 1~has|is|have|finally stopped|gone|went|better|improved
    stopped|quit bleeding|hurting|swelling|throbbing
    no 1~more|other|further questions|question
    emergency contact
    in case of
";
