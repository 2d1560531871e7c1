//! Visitors, all the time: through the distribution, and as its edge locations ask the load balancer,
//! with every value of the header that one of them may send at that moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::seq::IndexedRandom;
use testbed::Client;
use tokio::sync::RwLock;
use tokio::task::JoinHandle;

use crate::live::Live;
use crate::observer::{HEADER, Observer};

/// How many visitors there are at the same time.
const VISITORS: usize = 3;

/// What came of the requests.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) through_distribution: usize,
    /// By how many values of the header could be sent at that moment.
    pub(super) with_one_value: usize,
    pub(super) with_two_values: usize,
    pub(super) refused: Vec<String>,
}

/// Visitors who come until they are told to stop.
pub(super) struct Traffic {
    crowd: Arc<Crowd>,
    visitors: Vec<JoinHandle<Tally>>,
}

struct Crowd {
    aws: Observer,
    client: Client,
    distribution: String,
    balancer: String,
    /// What edge locations may send; a request holds it as long as it is under way.
    values: RwLock<Vec<String>>,
    stops: AtomicBool,
}

impl Traffic {
    pub(super) async fn start(live: &Live) -> Self {
        let aws = Observer::of(&live.program.bed);
        let crowd = Arc::new(Crowd {
            client: live.program.bed.client(),
            distribution: aws.domain_name().await,
            balancer: aws.load_balancer().await.dns_name.unwrap(),
            values: RwLock::new(vec![aws.sent_value().await]),
            stops: AtomicBool::new(false),
            aws,
        });
        let visit = |_| tokio::spawn(Arc::clone(&crowd).visit());
        let visitors = (0..VISITORS).map(visit).collect();
        Self { crowd, visitors }
    }

    /// The distribution's configuration reaches every edge location.
    pub(super) async fn deploy(&self, live: &Live) {
        let mut values = self.crowd.values.write().await;
        *values = vec![self.crowd.aws.sent_value().await];
        live.program.bed.deploy();
    }

    /// Ends the visits; what came of them.
    pub(super) async fn stop(self) -> Tally {
        self.crowd.stops.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for visitor in self.visitors {
            let one = visitor.await.unwrap();
            all.through_distribution += one.through_distribution;
            all.with_one_value += one.with_one_value;
            all.with_two_values += one.with_two_values;
            all.refused.extend(one.refused);
        }
        all
    }
}

impl Crowd {
    async fn visit(self: Arc<Self>) -> Tally {
        let mut tally = Tally::default();
        while !self.stops.load(Ordering::Relaxed) {
            self.look().await;
            let values = self.values.read().await;
            self.get(
                "the distribution",
                &[("host", &self.distribution)],
                &mut tally,
            )
            .await;
            tally.through_distribution += 1;
            let value = values.choose(&mut rand::rng()).unwrap();
            let headers = [("host", self.balancer.as_str()), (HEADER, value)];
            self.get("the load balancer", &headers, &mut tally).await;
            match values.len() {
                1 => tally.with_one_value += 1,
                _ => tally.with_two_values += 1,
            }
        }
        tally
    }

    /// What the distribution is configured to send now, an edge location may send already.
    async fn look(&self) {
        let mut values = self.values.write().await;
        let value = self.aws.sent_value().await;
        if !values.contains(&value) {
            values.push(value);
        }
    }

    async fn get(&self, whom: &str, headers: &[(&str, &str)], tally: &mut Tally) {
        let asked = self.client.visit("GET", "/health", headers, "");
        match asked.await {
            Ok(reply) if reply.status == 200 => {}
            Ok(reply) => tally.refused.push(format!("{whom}: {}", reply.status)),
            Err(error) => tally.refused.push(format!("{whom}: {error:#}")),
        }
    }
}
