//! The engine against a cloud that does what each test tells it, on paused time.

mod calls;
mod cloud;
mod kinds;
mod limits;
mod lost;
mod order;
mod quotas;
mod reading;
mod scene;
mod stops;
mod tenure;
mod waits;
