//! A database feed's statement: one SELECT, with the days of the window filled in. Pure.

use chrono::NaiveDate;

/// The days that a statement is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Today, on the practice's calendar.
    pub today: NaiveDate,
    /// How many days ahead, counted from today.
    pub ahead: u32,
}

/// One SELECT, read-only by its first word, with named places for the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Sql(String),
    Today,
    Until,
    Ahead,
}

/// How a database writes comments and dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// MySQL and MariaDB: `#` begins a comment, and a backslash escapes a quotation mark.
    MySql,
    /// PostgreSQL.
    Postgres,
    /// SQLite: dates are plain text.
    Sqlite,
}

impl Statement {
    /// Reads a statement. `:today`, `:until` and `:ahead` stand for the first day, the day after the last and the
    /// number of days; comments are dropped.
    ///
    /// # Errors
    /// In words: it is empty, it is not a SELECT, it is more than one statement, or it names another place.
    pub fn parse(text: &str, grammar: Grammar) -> Result<Statement, String> {
        let mut reader = Scanner { rest: text, grammar };
        let (mut parts, mut sql, mut ended) = (Vec::new(), String::new(), false);
        while let Some(token) = reader.next(&sql)? {
            if ended && !matches!(token, Token::Blank(_)) {
                return Err("it has more than one statement; keep only the SELECT".to_owned());
            }
            let part = match token {
                Token::Blank(text) | Token::Text(text) => {
                    sql.push_str(text);
                    continue;
                }
                Token::End => {
                    ended = true;
                    continue;
                }
                Token::Place("today") => Part::Today,
                Token::Place("until") => Part::Until,
                Token::Place("ahead") => Part::Ahead,
                Token::Place(other) => {
                    return Err(format!("it names :{other}; Leadtime fills in :today, :until and :ahead"));
                }
            };
            parts.push(Part::Sql(std::mem::take(&mut sql)));
            parts.push(part);
        }
        parts.push(Part::Sql(sql));
        let first: String = match parts.first() {
            Some(Part::Sql(text)) => text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect(),
            _ => String::new(),
        };
        match first.to_ascii_uppercase().as_str() {
            "SELECT" | "WITH" => Ok(Statement { parts }),
            "" => Err("it is empty; write one SELECT".to_owned()),
            other => Err(format!("it begins with {other}; write one SELECT, because Leadtime only reads")),
        }
    }

    /// The statement for a window. Only numbers and dates that Leadtime formats itself are filled in.
    pub fn with(&self, window: Window, grammar: Grammar) -> String {
        let until = window.today + chrono::Days::new(u64::from(window.ahead));
        let date = |date: NaiveDate| match grammar {
            Grammar::Sqlite => format!("'{date}'"),
            Grammar::MySql | Grammar::Postgres => format!("DATE '{date}'"),
        };
        let part = |part: &Part| match part {
            Part::Sql(text) => text.clone(),
            Part::Today => date(window.today),
            Part::Until => date(until),
            Part::Ahead => window.ahead.to_string(),
        };
        self.parts.iter().map(part).collect()
    }

    /// Whether the statement asks for the window's days.
    pub fn asks_for_days(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Sql(_)))
    }
}

enum Token<'t> {
    /// White space, or a comment, of which one space is left.
    Blank(&'t str),
    /// Quoted text, a word or a mark.
    Text(&'t str),
    /// `:name`.
    Place(&'t str),
    /// `;`.
    End,
}

struct Scanner<'t> {
    rest: &'t str,
    grammar: Grammar,
}

impl<'t> Scanner<'t> {
    /// The next token; `before` is the text since the last place.
    fn next(&mut self, before: &str) -> Result<Option<Token<'t>>, String> {
        let rest = self.rest;
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let is_hash = first == '#' && self.grammar == Grammar::MySql;
        if rest.starts_with("--") || is_hash {
            let end = rest.find('\n').unwrap_or(rest.len());
            self.rest = &rest[end..];
            return Ok(Some(Token::Blank(" ")));
        }
        if rest.starts_with("/*") {
            let end = rest.find("*/").ok_or("a comment that begins with /* does not end")?;
            self.rest = &rest[end + 2..];
            return Ok(Some(Token::Blank(" ")));
        }
        if matches!(first, '\'' | '"' | '`') {
            return self.quoted(first).map(|text| Some(Token::Text(text)));
        }
        if first == ';' {
            self.rest = &rest[1..];
            return Ok(Some(Token::End));
        }
        if first == ':' {
            let name_end = rest[1..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len() - 1);
            let name = &rest[1..=name_end];
            // `::date` is a cast, `[1:n]` a slice, `:=` an assignment.
            let follows_value = before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ':' | ']' | ')' | '_'));
            if name.starts_with(|c: char| c.is_ascii_alphabetic()) && !follows_value {
                self.rest = &rest[1 + name_end..];
                return Ok(Some(Token::Place(name)));
            }
        }
        let is_blank = first.is_whitespace();
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| c.is_whitespace() != is_blank || matches!(c, '\'' | '"' | '`' | ';' | ':' | '-' | '/' | '#'))
            .map_or(rest.len(), |(at, _)| at);
        let text;
        (text, self.rest) = rest.split_at(end);
        Ok(Some(if is_blank { Token::Blank(text) } else { Token::Text(text) }))
    }

    /// Text in quotation marks, up to the mark that closes it; a doubled mark stands for itself.
    fn quoted(&mut self, mark: char) -> Result<&'t str, String> {
        let escapes = self.grammar == Grammar::MySql && mark != '`';
        let mut chars = self.rest.char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            if escapes && c == '\\' {
                chars.next();
            } else if c == mark && chars.next_if(|(_, next)| *next == mark).is_none() {
                let (text, rest) = self.rest.split_at(at + mark.len_utf8());
                self.rest = rest;
                return Ok(text);
            }
        }
        Err(format!("a text that begins with {mark} does not end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, grammar: Grammar) -> Result<String, String> {
        let window = Window { today: NaiveDate::from_ymd_opt(2026, 11, 26).unwrap(), ahead: 60 };
        Statement::parse(text, grammar).map(|statement| statement.with(window, grammar).trim().to_owned())
    }

    #[test]
    fn the_window_is_filled_in_outside_of_quotation_marks_and_comments() {
        for (grammar, text, expected) in [
            (
                Grammar::MySql,
                "SELECT a -- :today\nFROM t WHERE d >= :today AND d < :today + INTERVAL :ahead DAY AND x <> ':today';\n",
                "SELECT a  \nFROM t WHERE d >= DATE '2026-11-26' AND d < DATE '2026-11-26' + INTERVAL 60 DAY AND x <> ':today'",
            ),
            (Grammar::MySql, "SELECT 'it''s \\' ;', @x:=1 # ;\nFROM t", "SELECT 'it''s \\' ;', @x:=1  \nFROM t"),
            (
                Grammar::Postgres,
                "WITH a AS (SELECT b::text, c[1:2], '\\' FROM t) SELECT * FROM a WHERE d<:until",
                "WITH a AS (SELECT b::text, c[1:2], '\\' FROM t) SELECT * FROM a WHERE d<DATE '2027-01-25'",
            ),
            (Grammar::Sqlite, "/* ; */ select 1 where d >= :today", "select 1 where d >= '2026-11-26'"),
        ] {
            assert_eq!(filled(text, grammar).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn anything_but_one_select_is_refused() {
        for (text, why) in [
            ("", "it is empty"),
            ("-- nothing", "it is empty"),
            ("DELETE FROM appointment", "it begins with DELETE"),
            ("SELECT 1; DELETE FROM appointment", "more than one statement"),
            ("SELECT ';' /* ; */; -- done\nDROP TABLE x", "more than one statement"),
            ("SELECT :tomorrow", "it names :tomorrow"),
            ("SELECT 'a", "does not end"),
            ("SELECT /* a", "does not end"),
        ] {
            let found = filled(text, Grammar::MySql);
            assert!(found.as_ref().is_err_and(|found| found.contains(why)), "{text}: {found:?}");
        }
    }
}
