//! Scenario 2: logging in, and which tokens count.
//!
//! May depend on the rest of `verify`. Invariant: password, keys and tokens stand in requests only.

use futures::future::join5;
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
    let (entered, refused) =
        futures::future::join(log_in(trial, password), log_in(trial, &wrong)).await;
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
    let with = |token: String| {
        trial.ask_with(PROTECTED, move |request| request.bearing(&token))
    };
    let made = make(trial, token);
    let (fresh, expired) = match &made {
        Ok((fresh, expired)) => (fresh.clone(), expired.clone()),
        // Sent all the same, which does no harm; what comes back does not count.
        Err(_) => (String::new(), String::new()),
    };
    let forged = forge(trial, token);
    let (me, entered, fresh, expired, forged) = join5(
        trial.ask_with(ME, |request| request.bearing(token)),
        with(token.to_owned()),
        with(fresh),
        with(expired),
        with(forged.clone().unwrap_or_default()),
    )
    .await;
    let made_here = |answer, status| match &made {
        Ok(_) => of_status(status, answer),
        Err(why) => Outcome::unknown(why),
    };
    let forged = if forged_is_token(trial, token) {
        of_status(401, forged)
    } else {
        Outcome::unknown(NOT_A_TOKEN)
    };
    vec![
        check(WHOAMI, judge_account(me)),
        check(ENTER, of_status(200, entered)),
        check(FRESH, made_here(fresh, 200)),
        check(EXPIRED, made_here(expired, 401)),
        check(FORGED, forged),
    ]
}
