//! The built-in texts, for a practice that writes none of its own.

use crate::domain::language::Language;

/// The context sent to Annie if a rule has none of its own. The type of appointment is left out if it has no word.
pub const DEFAULT_CONTEXT: &str = "Confirming upcoming {{ appointment.type }} appointment scheduled for {{ appointment.date }} at {{ appointment.time }}";

/// What patients read if a rule has no message of its own: who it is from, when, and how to reply.
pub fn default_message(language: Language) -> &'static str {
    match language {
        Language::English => {
            "{{ practice.name }}: {{ patient.first_name }}, you have a visit {{ appointment.when }}. Can you make it? Reply or call {{ practice.phone }}."
        }
        Language::Spanish => {
            "{{ practice.name }}: {{ patient.first_name }}, tiene cita {{ appointment.when }}. ¿Puede venir? Responda o llame al {{ practice.phone }}."
        }
        Language::French => {
            "{{ practice.name }}: {{ patient.first_name }}, vous avez rendez-vous {{ appointment.when }}. Pouvez-vous venir? Répondez ou appelez le {{ practice.phone }}."
        }
    }
}

/// What a household reads if the practice has no message for it: every appointment by name, without a greeting.
pub fn default_household_message(language: Language) -> &'static str {
    match language {
        Language::English => {
            "{{ practice.name }}: we expect {% for visit in appointments %}{{ visit.first_name or \"you\" }} {{ visit.when }}{% if not loop.last %}{% if loop.revindex0 == 1 and not more %} and {% else %}, {% endif %}{% endif %}{% endfor %}{% if more %} and {{ more }} more{% endif %}. Need a change? Reply or call {{ practice.phone }}."
        }
        Language::Spanish => {
            "{{ practice.name }}: esperamos a {% for visit in appointments %}{{ visit.first_name or \"usted\" }} {{ visit.when }}{% if not loop.last %}{% if loop.revindex0 == 1 and not more %} y a {% else %}, a {% endif %}{% endif %}{% endfor %}{% if more %} y {{ more }} más{% endif %}. ¿Desea cambiar algo? Responda o llame al {{ practice.phone }}."
        }
        Language::French => {
            "{{ practice.name }}: nous attendons {% for visit in appointments %}{{ visit.first_name or \"vous\" }} {{ visit.when }}{% if not loop.last %}{% if loop.revindex0 == 1 and not more %} et {% else %}, {% endif %}{% endif %}{% endfor %}{% if more %} et {{ more }} de plus{% endif %}. Un changement? Répondez ou appelez le {{ practice.phone }}."
        }
    }
}
