//! The main job, from a Git commit to a running shop and back, through the libraries alone.
//!
//! It makes a Git repository in a temporary folder from `examples/shop`, and a cluster in memory, and then
//! 1. reads a revision and renders its production overlay, without a checkout;
//! 2. compares that with the empty cluster, prints the ordered plan, carries it out;
//! 3. changes things in the cluster behind Git's back, and says which field of what drifted, and which line declares it;
//! 4. heals, rolls out a new release after showing what it will change, and takes it back to the very same bytes.
//!
//! The exit status is 0 only if the check of every step held.
//!
//! `cargo run --release --example deliver`

mod drift;
mod heal;
mod rollout;
mod screen;
mod world;

use std::error::Error;
use std::process::ExitCode;

use screen::Screen;
use world::World;

/// What a step found out about itself.
type Outcome = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let mut screen = Screen::new();
    match deliver(&mut screen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen.failed(&*error);
            ExitCode::FAILURE
        }
    }
}

fn deliver(screen: &mut Screen) -> Outcome {
    let mut world = World::new()?;
    rollout::read(&world, screen)?;
    rollout::install(&mut world, screen)?;
    drift::interfere_and_explain(&mut world, screen)?;
    heal::heal(&mut world, screen)?;
    rollout::release_and_revert(&mut world, screen)
}

/// A check of a step: the words say what held.
fn ensure(held: bool, words: &str) -> Outcome {
    if held { Ok(()) } else { Err(format!("this did not hold: {words}").into()) }
}
