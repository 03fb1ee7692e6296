//! What a migration may say. It runs while older workers and gateways go on, so it only adds; what takes away or tightens is
//! a contract step, and says from which version on nobody needs what it takes.

use std::collections::HashSet;
use std::sync::LazyLock;

use regex::Regex;
use worker::migrate;

/// Tables that grow with every event: whatever reads or rewrites them whole takes hours.
const LARGE: &str = r"farol\.(events|event_keys)\b";

/// What an additive migration does not say, and why.
static REFUSED: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    let rules = [
        (
            r"\bdrop (column|table|schema|type|constraint|function|view)\b".to_owned(),
            "takes away what others use",
        ),
        (r"\brename\b".to_owned(), "takes a name away that others use"),
        (
            r"\balter (column )?\w+ (set data )?type\b".to_owned(),
            "rewrites the table, and others send the old type",
        ),
        (r"\bset not null\b".to_owned(), "refuses what others write"),
        (r"\brevoke\b".to_owned(), "takes a right away"),
        (r"\b(truncate|lock table|lock farol|cluster|vacuum full)\b".to_owned(), "keeps everybody out"),
        (r"\bcreate unique index\b".to_owned(), "refuses what others write"),
        (format!(r"\b(update|delete from) {LARGE}"), "rewrites a large table in one transaction"),
        (
            format!(r"\bcreate index (if not exists )?\w+ on (only )?{LARGE}"),
            "keeps writers out while it reads a large table",
        ),
        (
            r"\badd column [^,;]*\b(random|clock_timestamp|gen_random_uuid|nextval|serial|stored)\b"
                .to_owned(),
            "rewrites the table",
        ),
    ];
    rules.into_iter().map(|(rule, why)| (Regex::new(&rule).unwrap(), why)).collect()
});

/// A contract step's first line.
static CONTRACT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^-- contract: no program before (\d+\.\d+\.\d+) runs any more\n").unwrap());

/// Everything that is wrong with a migration.
fn objections(sql: &str) -> Vec<String> {
    if let Some(contract) = CONTRACT.captures(sql) {
        let early = version(&contract[1]) > version(env!("CARGO_PKG_VERSION"));
        return if early { vec![format!("{} was not released yet", &contract[1])] } else { Vec::new() };
    }
    let concurrent = sql.starts_with(migrate::OUTSIDE_A_TRANSACTION);
    let statements = statements(sql);
    let created: HashSet<String> =
        statements.iter().filter_map(|statement| created_table(statement)).collect();
    let mut objections = Vec::new();
    for statement in &statements {
        let of_new_table = created.iter().any(|table| statement.contains(&format!(" {table} ")));
        if of_new_table {
            continue;
        }
        let refused = REFUSED.iter().filter(|(rule, _)| rule.is_match(statement));
        objections.extend(refused.map(|(_, why)| format!("{why}: {statement}")));
        objections.extend(tightening(statement).into_iter().map(|why| format!("{why}: {statement}")));
        if statement.contains(" concurrently ") != concurrent {
            let first = migrate::OUTSIDE_A_TRANSACTION;
            objections.push(format!(
                "CONCURRENTLY alone, and only it, is for files that begin with {first:?}: {statement}"
            ));
        }
    }
    objections
}

/// Columns that others do not fill, and constraints that they do not know.
fn tightening(statement: &str) -> Vec<&'static str> {
    let added = || statement.split(" add ").skip(1);
    let is_constraint = |part: &&str| {
        ["constraint ", "check ", "unique ", "primary ", "foreign "].iter().any(|word| part.starts_with(word))
    };
    let columns: Vec<(&str, &str)> = added()
        .filter(|part| !is_constraint(part))
        .filter_map(|part| {
            part.trim_start_matches("column ").trim_start_matches("if not exists ").split_once(' ')
        })
        .collect();
    let forced = columns.iter().any(|(_, rest)| rest.contains("not null") && !rest.contains("default"));
    // One about a new column holds where that is null; any other may refuse what an older program writes.
    let unknown =
        added().filter(is_constraint).any(|part| !columns.iter().any(|(name, _)| part.contains(name)));
    let found = [
        forced.then_some("others leave the column empty"),
        unknown.then_some("may refuse what others write"),
    ];
    found.into_iter().flatten().collect()
}

fn created_table(statement: &str) -> Option<String> {
    let rest = statement.strip_prefix("create table ")?;
    rest.trim_start_matches("if not exists ").split(' ').next().map(str::to_owned)
}

/// Statements in lower case and on one line, without comments, and without the bodies of functions.
fn statements(sql: &str) -> Vec<String> {
    static NOISE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?s)--[^\n]*|\$\$.*?\$\$|'(?:[^']|'')*'").unwrap());
    static SPACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s+").unwrap());
    let plain = NOISE.replace_all(sql, "");
    let lines = plain.split(';').map(|statement| SPACE.replace_all(statement.trim(), " ").to_lowercase());
    lines.filter(|statement| !statement.is_empty()).collect()
}

fn version(text: &str) -> Vec<u64> {
    text.split('.').map(|part| part.parse().unwrap()).collect()
}

#[test]
fn every_migration_only_adds_or_says_from_when_on_nobody_needs_what_it_takes() {
    for migration in migrate::migrations() {
        assert_eq!(objections(migration.sql().unwrap()), Vec::<String>::new(), "{migration}");
    }
}

#[test]
fn what_an_older_program_would_stumble_over_is_refused() {
    for sql in [
        "ALTER TABLE farol.events DROP COLUMN subject;",
        "DROP TABLE farol.ledger;",
        "ALTER TABLE farol.ledger DROP CONSTRAINT ledger_balances;",
        "ALTER TABLE farol.events RENAME COLUMN id TO event_id;",
        "ALTER TABLE farol.events ALTER COLUMN id TYPE uuid USING id::uuid;",
        "ALTER TABLE farol.events ALTER id SET DATA TYPE uuid;",
        "ALTER TABLE farol.events\n    ALTER COLUMN subject SET NOT NULL;",
        "ALTER TABLE farol.ledger ADD COLUMN epoch bigint NOT NULL;",
        "ALTER TABLE farol.ledger ADD COLUMN a text, ADD COLUMN epoch bigint NOT NULL;",
        "ALTER TABLE farol.event_keys ADD COLUMN tag uuid DEFAULT gen_random_uuid();",
        "ALTER TABLE farol.ledger ADD CONSTRAINT young CHECK (start_offset > 0);",
        "CREATE UNIQUE INDEX one ON farol.dead_letters (source, id);",
        "CREATE INDEX by_source ON farol.events (source, tx, n);",
        "CREATE INDEX CONCURRENTLY by_source ON farol.event_keys (n);",
        "UPDATE farol.events SET subject = '';",
        "TRUNCATE farol.dead_letters;",
        "REVOKE SELECT ON farol.events FROM reader;",
        "-- outside a transaction\nALTER TABLE farol.events ADD COLUMN note text;",
        "-- contract: no program before 999.0.0 runs any more\nDROP TABLE farol.ledger;",
    ] {
        assert!(!objections(sql).is_empty(), "{sql}");
    }
}

#[test]
fn what_an_older_program_never_notices_is_allowed() {
    for sql in [
        "ALTER TABLE farol.events ADD COLUMN note text;",
        "ALTER TABLE farol.ledger ADD COLUMN epoch bigint NOT NULL DEFAULT 0;",
        "ALTER TABLE farol.ledger ADD COLUMN a bigint, ADD CONSTRAINT a_is_small CHECK (a < 10);",
        "CREATE INDEX letters_by_topic ON farol.dead_letters (topic);",
        "CREATE TABLE farol.notes (id uuid NOT NULL); CREATE UNIQUE INDEX notes_id ON farol.notes (id);",
        "-- outside a transaction\nCREATE INDEX CONCURRENTLY by_n ON farol.event_keys (n);",
        "-- DROP TABLE in a remark, and 'DROP TABLE' in a text\nCOMMENT ON TABLE farol.events IS 'DROP TABLE';",
        "-- contract: no program before 0.0.1 runs any more\nALTER TABLE farol.events DROP COLUMN note;",
    ] {
        assert_eq!(objections(sql), Vec::<String>::new(), "{sql}");
    }
}
