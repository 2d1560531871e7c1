//! Which service gets which request: clashes between routes, and the order in which they are asked.
//!
//! Depends on the sections of the spec. Invariant: priorities are unique, and no two services want
//! the same path on the same host.

use std::collections::{BTreeMap, BTreeSet};

use crate::spec::collection::OneOrMany;
use crate::spec::diagnostic::{Diagnostic, Span};
use crate::spec::leaf::ServiceName;
use crate::spec::reader::{Optional, Reader, Spanned};
use crate::spec::resolved::{LAST_PRIORITY, Route};
use crate::spec::sections::service::{RouteSection, ServiceSection};

/// Values that the conditions of a listener rule may have in all.
const VALUES_LIMIT: usize = 5;
/// Values that the CDN's header has in each rule while its secret is renewed: the old and the new.
const HEADER_VALUES: usize = 2;
/// Distance between priorities that are not given.
const STEP: u32 = 10;

/// The route of each service, in their order; `None` for workers and the default service. Behind a
/// CDN, which stands at `cdn`, every rule asks for its header too.
pub(super) fn routes(
    services: &[(&Spanned<ServiceName>, &ServiceSection)],
    cdn: Option<Span>,
    reader: &mut Reader,
) -> Vec<Option<Route>> {
    check_default(services, reader);
    let given: Vec<Option<&Spanned<RouteSection>>> = services
        .iter()
        .map(|(_, service)| service.route.given())
        .collect();
    for (place, route) in given.iter().enumerate() {
        if let Some(route) = route {
            check_route(route, cdn, reader);
            for (other, first) in given[..place].iter().zip(services) {
                if let Some(other) = other {
                    check_clash(route, (other, first.0), reader);
                }
            }
        }
    }
    let mut priorities = priorities(&given, reader).into_iter();
    let mut routes = Vec::new();
    for route in given {
        routes.push(route.map(|route| Route {
            priority: priorities.next().unwrap_or_default(),
            paths: patterns(&route.value.path),
            hosts: patterns(&route.value.host),
        }));
    }
    routes
}

fn patterns<T: Clone>(key: &Optional<OneOrMany<T>>) -> Vec<T> {
    items(key).iter().map(|item| item.value.clone()).collect()
}

fn items<T>(key: &Optional<OneOrMany<T>>) -> &[Spanned<T>] {
    key.given().map_or(&[], |list| list.value.0.as_slice())
}

/// At most one service may take what the others leave.
fn check_default(services: &[(&Spanned<ServiceName>, &ServiceSection)], reader: &mut Reader) {
    let mut defaults = services
        .iter()
        .filter(|(_, service)| service.port.given().is_some() && service.route.is_absent());
    let Some((first, _)) = defaults.next() else {
        return;
    };
    for (name, _) in defaults {
        let message = format!(
            "`{}` and `{}` both want every request",
            first.value, name.value
        );
        reader.report(
            Diagnostic::error(name.span, message)
                .expected("a `route` in all services with a port but one")
                .hint("for example `route: /api/*`, or `route: { host: api.example.com }`")
                .related(first.span, "the other one"),
        );
    }
}

fn check_route(route: &Spanned<RouteSection>, cdn: Option<Span>, reader: &mut Reader) {
    let section = &route.value;
    if section.path.is_absent() && section.host.is_absent() {
        reader.report(
            Diagnostic::error(route.subject, "this route matches nothing in particular")
                .expected("a `path` or a `host`")
                .hint("leave `route` out to take every request"),
        );
    }
    let count = items(&section.path).len() + items(&section.host).len();
    let message = format!("this route has {count} patterns");
    let problem = Diagnostic::error(route.subject, message);
    if let Some(cdn) = cdn {
        check_last(section, cdn, reader);
        let limit = VALUES_LIMIT - HEADER_VALUES;
        if count > limit {
            reader.report(
                problem
                    .expected(format!("at most {limit} paths and hosts in all behind a CDN"))
                    .hint(format!("a rule has room for {VALUES_LIMIT} values, and {HEADER_VALUES} of them are for the value of the CDN's header, old and new while it is renewed\nwildcards can stand for several, such as /api/*"))
                    .related(cdn, "the CDN"),
            );
        }
    } else if count > VALUES_LIMIT {
        reader.report(
            problem
                .expected(format!(
                    "at most {VALUES_LIMIT} paths and hosts in all, the limit of a rule"
                ))
                .hint("wildcards can stand for several, such as /api/*"),
        );
    }
    check_repeated(
        items(&section.path),
        |pattern| pattern.as_str().to_owned(),
        reader,
    );
    check_repeated(
        items(&section.host),
        |pattern| pattern.as_str().to_lowercase(),
        reader,
    );
}

/// The default service needs a rule too behind a CDN, and it must be asked last.
fn check_last(section: &RouteSection, cdn: Span, reader: &mut Reader) {
    let Some(priority) = section.priority.given() else {
        return;
    };
    if priority.value.0 == LAST_PRIORITY {
        reader.report(
            Diagnostic::error(priority.span, format!("the priority {LAST_PRIORITY} is taken"))
                .expected(format!("a priority from 1 to {} behind a CDN", LAST_PRIORITY - 1))
                .hint("the service without a route has a rule there, which asks for the CDN's header alone")
                .related(cdn, "the CDN"),
        );
    }
}

fn check_repeated<T>(items: &[Spanned<T>], same: impl Fn(&T) -> String, reader: &mut Reader) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for item in items {
        if let Some(first) = seen.insert(same(&item.value), item.span) {
            reader.report(
                Diagnostic::error(item.span, "this pattern stands twice")
                    .expected("each pattern once")
                    .hint("remove one of them; the case of hosts does not count")
                    .related(first, "first here"),
            );
        }
    }
}

/// Two services must not want the same path on the same host. Patterns that merely overlap are
/// fine: the priorities decide.
fn check_clash(
    route: &Spanned<RouteSection>,
    (other, name): (&Spanned<RouteSection>, &Spanned<ServiceName>),
    reader: &mut Reader,
) {
    let broken = |route: &RouteSection| route.path.is_broken() || route.host.is_broken();
    if broken(&route.value) || broken(&other.value) {
        return;
    }
    let path = shared(&route.value.path, &other.value.path, |path| {
        path.as_str().to_owned()
    });
    let host = shared(&route.value.host, &other.value.host, |host| {
        host.as_str().to_lowercase()
    });
    if let (Some(path), Some(host)) = (path, host) {
        let which = match (path, host) {
            (Some(path), Some(host)) => format!("{host}{path}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return,
        };
        reader.report(
            Diagnostic::error(
                route.span,
                format!("`{}` already gets `{which}`", name.value),
            )
            .expected("a path and host for each service that no other one has")
            .hint("narrow one of the two, such as /api/v2/* beside /api/*")
            .related(other.span, "the other route"),
        );
    }
}

/// A pattern that both have, or `Some(None)` where neither has any.
fn shared<T>(
    one: &Optional<OneOrMany<T>>,
    other: &Optional<OneOrMany<T>>,
    text: impl Fn(&T) -> String,
) -> Option<Option<String>> {
    let (one, other) = (items(one), items(other));
    if one.is_empty() && other.is_empty() {
        return Some(None);
    }
    let known: BTreeSet<String> = one.iter().map(|item| text(&item.value)).collect();
    let same = other
        .iter()
        .map(|item| text(&item.value))
        .find(|text| known.contains(text));
    same.map(Some)
}

/// A priority for each route: the given one, else the next multiple of ten that nobody has.
fn priorities(given: &[Option<&Spanned<RouteSection>>], reader: &mut Reader) -> Vec<u32> {
    let routes: Vec<&RouteSection> = given.iter().flatten().map(|route| &route.value).collect();
    let mut taken: BTreeMap<u32, Span> = BTreeMap::new();
    for priority in routes.iter().filter_map(|route| route.priority.given()) {
        let number = priority.value.0;
        if let Some(first) = taken.get(&number) {
            reader.report(
                Diagnostic::error(priority.span, format!("the priority {number} stands twice"))
                    .expected("a priority of its own for each route")
                    .hint("leave both out: the order in the file then decides")
                    .related(*first, "first here"),
            );
        }
        taken.entry(number).or_insert(priority.span);
    }
    let mut free = (1..)
        .map(|place| place * STEP)
        .filter(|number| !taken.contains_key(number));
    routes
        .iter()
        .map(|route| match route.priority.given() {
            Some(priority) => priority.value.0,
            None => free.next().unwrap_or(STEP),
        })
        .collect()
}
