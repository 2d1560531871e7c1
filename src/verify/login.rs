//! Scenario 2: logging in, and which tokens count.
//!
//! May depend on the rest of `verify`. Invariant: password, keys and tokens stand in requests only.

use futures::future::{join, join5};
use serde_json::{Value, json};

use super::application::application;
use super::asking::Trial;
use super::check::{Check, Outcome, Scenario};
use super::token::Token;
use super::web::Answer;
use crate::aws::Plain;

/// Who logs in.
const USER: &str = "qpiac-verify";
/// For how long the token that is made here is valid, in seconds.
const LIFE_S: i64 = 300;
/// For how long the expired token has been so, in seconds: longer than clocks differ.
const EXPIRED_S: i64 = 3600;

const LOGIN: &str = "/auth/login";
const ME: &str = "/auth/me";
pub(super) const PROTECTED: &str = "/api/protected";

/// The checks: name and expectation.
const LOG_IN: [&str; 2] = ["log in", "status 200 and a token"];
const WRONG: [&str; 2] = ["wrong password", "status 401"];
const WHOAMI: [&str; 2] = ["account of the token", "status 200 and the name"];
const ENTER: [&str; 2] = ["protected endpoint", "status 200 with the token"];
const FRESH: [&str; 2] = ["token with the stack's key", "status 200"];
const EXPIRED: [&str; 2] = ["expired token", "status 401"];
const FORGED: [&str; 2] = ["token with another key", "status 401"];

pub(super) async fn checks(trial: &Trial<'_>) -> Vec<Check> {
    let all = [LOG_IN, WRONG, WHOAMI, ENTER, FRESH, EXPIRED, FORGED];
    let each = |outcome: Outcome| {
        all.into_iter()
            .map(|one| check(one, outcome.clone()))
            .collect()
    };
    if let Err(why) = application(trial.stage.spec) {
        return each(Outcome::not_applicable(why));
    }
    let password = match &trial.facts.password {
        Some(Ok(password)) => password,
        Some(Err(fault)) => return each(Outcome::unknown(fault)),
        None => return each(Outcome::unknown("nobody read the password")),
    };
    let wrong = Plain::generate();
    let (entered, refused) = join(log_in(trial, password), log_in(trial, &wrong)).await;
    let (logged_in, token) = judge_login(entered);
    let mut checks = vec![
        check(LOG_IN, logged_in),
        check(WRONG, of_status(401, refused)),
    ];
    checks.extend(match token {
        Some(token) => of_token(trial, &token).await,
        None => [WHOAMI, ENTER, FRESH, EXPIRED, FORGED]
            .map(|one| check(one, Outcome::unknown("there is no token")))
            .into(),
    });
    checks
}

fn check([name, expected]: [&str; 2], outcome: Outcome) -> Check {
    Check::new(Scenario::Login, name, expected, outcome)
}

async fn log_in(trial: &Trial<'_>, password: &Plain) -> Result<Answer, String> {
    let mut request = trial.visit("POST", LOGIN)?;
    request.body = Some(json!({ "username": USER, "password": password.expose() }));
    trial.ask(request).await.map_err(|why| why.to_string())
}

/// What came of logging in, and the token.
fn judge_login(answer: Result<Answer, String>) -> (Outcome, Option<String>) {
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => return (Outcome::Failed(why), None),
    };
    let body = answer.json();
    let token = body.get("access_token").and_then(Value::as_str);
    match (answer.status, token) {
        (200, Some(token)) => {
            let life = body.get("expires_in").and_then(Value::as_i64);
            let life = life.map_or_else(String::new, |life_s| format!(" for {life_s} s"));
            let seen = format!("status 200 and a token{life}");
            (Outcome::Passed(seen), Some(token.to_owned()))
        }
        (_, Some(_) | None) => (Outcome::Failed(answer.summary()), None),
    }
}

/// Whether the answer has this status.
fn of_status(status: u16, answer: Result<Answer, String>) -> Outcome {
    answer.map_or_else(Outcome::Failed, |answer| {
        Outcome::of(answer.status == status, answer.summary())
    })
}

/// What is done with the token of a login, and with others like it.
async fn of_token(trial: &Trial<'_>, token: &str) -> Vec<Check> {
    let now_s = trial.now_s;
    let fresh = made(trial, token, now_s, now_s + LIFE_S);
    let expired = made(trial, token, now_s - EXPIRED_S - LIFE_S, now_s - EXPIRED_S);
    let forged = parsed(token).map(|token| token.signed(&Plain::generate()));
    let (me, entered, fresh, expired, forged) = join5(
        account(trial, token),
        attempt(trial, Ok(token.to_owned()), 200),
        attempt(trial, fresh, 200),
        attempt(trial, expired, 401),
        attempt(trial, forged, 401),
    )
    .await;
    vec![
        check(WHOAMI, me),
        check(ENTER, entered),
        check(FRESH, fresh),
        check(EXPIRED, expired),
        check(FORGED, forged),
    ]
}

/// Whether the protected endpoint answers a token with this status.
async fn attempt(trial: &Trial<'_>, token: Result<String, String>, status: u16) -> Outcome {
    match token {
        Ok(token) => {
            let answer = trial.ask_with(PROTECTED, |request| request.bearing(&token));
            of_status(status, answer.await)
        }
        Err(why) => Outcome::unknown(why),
    }
}

/// Whether the token is that of who logged in.
async fn account(trial: &Trial<'_>, token: &str) -> Outcome {
    let answer = trial.ask_with(ME, |request| request.bearing(token)).await;
    answer.map_or_else(Outcome::Failed, |answer| {
        let body = answer.json();
        let name = body.get("username").and_then(Value::as_str);
        let is_good = answer.status == 200 && name == Some(USER);
        let name = name.map_or(
            "no name",
            |_| if is_good { "the name" } else { "another name" },
        );
        Outcome::of(is_good, format!("{}, {name}", answer.summary()))
    })
}

fn parsed(token: &str) -> Result<Token, String> {
    Token::parse(token).ok_or_else(|| "the token of the login cannot be read".to_owned())
}

/// A token like this one, signed with the same key, that is valid at another time.
fn made(trial: &Trial<'_>, token: &str, from_s: i64, to_s: i64) -> Result<String, String> {
    let token = parsed(token)?;
    let keys = match &trial.facts.keys {
        Some(Ok(keys)) => keys,
        Some(Err(fault)) => return Err(fault.to_string()),
        None => return Err("nobody read the signing secret".to_owned()),
    };
    let id = token.key_id().ok_or("the token names no key")?;
    let key = keys.iter().find(|key| key.id == id);
    let key = key.ok_or("the token's key is neither the current one nor the one before")?;
    Ok(token.valid(from_s, to_s).signed(&key.value))
}
