//! The sizes of tasks that AWS Fargate offers.
//!
//! Depends on nothing. Invariant: the table is AWS's, for Linux tasks.

/// CPU units, and the memory that goes with them in MiB: smallest, largest, step.
const SIZES: &[(u32, u32, u32, u32)] = &[
    (256, 1024, 2048, 1024),
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// The only size that is in no row: the smallest task.
const SMALLEST: (u32, u32) = (256, 512);

/// Memory sizes for some CPU units, in order; none for CPU units that are not offered.
pub(super) fn memory_sizes(cpu: u32) -> Vec<u32> {
    let first = (cpu == SMALLEST.0).then_some(SMALLEST.1);
    let row = SIZES.iter().find(|(units, ..)| *units == cpu);
    let rest = row.into_iter().flat_map(|(_, least, most, step)| {
        (*least..=*most).step_by(usize::try_from(*step).unwrap_or(usize::MAX))
    });
    first.into_iter().chain(rest).collect()
}

/// Sizes in words.
pub(super) fn described(sizes: &[u32]) -> String {
    match sizes {
        [] => "nothing".to_owned(),
        [first, second, .., last] if sizes.len() > 4 => {
            format!("{first} to {last} in steps of {}", second - first)
        }
        _ => {
            let words: Vec<String> = sizes.iter().map(u32::to_string).collect();
            words.join(", ")
        }
    }
}

/// Every pair, one row for each CPU size, and which CPU sizes offer the memory that was chosen.
pub(super) fn hint(memory: u32) -> String {
    let mut hint = String::new();
    let offers: Vec<String> = SIZES
        .iter()
        .filter(|(cpu, ..)| memory_sizes(*cpu).contains(&memory))
        .map(|(cpu, ..)| cpu.to_string())
        .collect();
    if !offers.is_empty() {
        hint = format!("memory {memory} goes with cpu {}\n", offers.join(", "));
    }
    hint.push_str("the sizes are");
    for (cpu, ..) in SIZES {
        hint.push_str(&format!(
            "\n  cpu {cpu}: {}",
            described(&memory_sizes(*cpu))
        ));
    }
    hint
}
