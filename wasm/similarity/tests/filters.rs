//! Each filter for itself: it never puts a pair's distance above what it is, so it never loses a pair.

mod common;

use common::{Random, alphabets, edited, text};
use rapidfuzz::distance::indel;
use similarity::alphabet::{Alphabet, Frequencies};
use similarity::filter::{Band, Group, LANES, Query, alike, bound};
use similarity::lcs::{Pattern, distance_of_long};
use similarity::ratio::{Budgets, Rule, budget, passes};

fn distance(one: &str, other: &str) -> u32 {
    indel::distance(one.chars(), other.chars()) as u32
}

fn length(text: &str) -> u32 {
    text.chars().count() as u32
}

/// Characters of the first plane as the kernel holds them; for the others any stand-in does.
fn characters(text: &str) -> Vec<u16> {
    text.chars().map(|character| (u32::from(character) % 0xffff) as u16).collect()
}

fn buckets(text: &str, alphabet: &Alphabet) -> Vec<u8> {
    characters(text).into_iter().map(|character| alphabet.bucket(character)).collect()
}

fn alphabet_of(texts: &[String]) -> Alphabet {
    let mut frequencies = Frequencies::default();
    for character in texts.iter().flat_map(|text| characters(text)) {
        frequencies.add(u32::from(character), 1);
    }
    Alphabet::read(&frequencies.plan()).expect("a plan")
}

/// Texts around one, from equal to unrelated.
fn around(random: &mut Random, alphabet: &[char], most: usize) -> Vec<String> {
    let size = 1 + random.below(most);
    let base = text(random, alphabet, size);
    (0..LANES)
        .map(|lane| if lane == 7 { text(random, alphabet, size) } else { edited(random, alphabet, &base, lane * 45) })
        .chain([base.clone()])
        .collect()
}

#[test]
fn the_budget_is_the_greatest_distance_that_passes() {
    let mut random = Random::new(11);
    for rule in [Rule::Compared, Rule::CutOff] {
        for ratio in [0.0, 1e-9, 12.5, 33.333, 57.0, 85.0, 99.999_999, 100.0] {
            let mut budgets = Budgets::new(ratio, rule);
            for total in (0..400).chain([1000, 5500, 40_000, 1_000_003]) {
                let found = budget(total, ratio, rule);
                let expected = if total > 2000 {
                    // Near the edge only: the rest is monotone.
                    let near = (f64::from(total) * (1.0 - ratio / 100.0)) as u32;
                    (near.saturating_sub(50)..=(near + 50).min(total)).rev().find(|&d| passes(d, total, ratio, rule))
                } else {
                    (0..=total).rev().find(|&d| passes(d, total, ratio, rule))
                };
                assert_eq!(found, expected, "{total} {ratio} {rule:?}");
                assert_eq!(budgets.of(total), expected);
                assert_eq!(budgets.of(total), expected);
            }
            for _ in 0..200 {
                let total = random.below(7000) as u32;
                let below = budget(total, ratio, rule).map_or(0, |distance| distance + 1);
                assert!((0..below).all(|distance| passes(distance, total, ratio, rule)));
            }
        }
    }
}

#[test]
fn lengths_keep_out_only_what_cannot_match() {
    let mut random = Random::new(12);
    for alphabet in &alphabets() {
        for _ in 0..40 {
            let (one, other) = (random.below(60), random.below(60));
            let (one, other) = (text(&mut random, alphabet, one), text(&mut random, alphabet, other));
            let distance = distance(&one, &other);
            // At its own distance a pair is never kept out by its lengths.
            assert!(Band::new(length(&one), length(&other), distance).is_some());
            assert!(length(&one).abs_diff(length(&other)) <= distance);
        }
    }
}

#[test]
fn histogram_and_classes_never_pass_a_distance_within_the_budget() {
    let mut random = Random::new(13);
    let mut kept_out = [0, 0];
    for alphabet in &alphabets() {
        for most in [4, 40, 300, 1200] {
            for _ in 0..8 {
                let texts = around(&mut random, alphabet, most);
                let planned = alphabet_of(&texts);
                let class_of = planned.class_of_bucket();
                let (query, others) = texts.split_last().expect("not empty");
                let mut asked = Query::default();
                asked.set(&buckets(query, &planned), &planned, &class_of, true);
                let lanes: Vec<Vec<u8>> = others.iter().map(|other| buckets(other, &planned)).collect();
                let lanes: Vec<&[u8]> = lanes.iter().map(Vec::as_slice).collect();
                let group = Group::new(&lanes, &planned, &class_of, true);
                let distances: Vec<u32> = others.iter().map(|other| distance(query, other)).collect();
                for spare in [0, 1, 7, 100] {
                    // Some lanes are asked for exactly their distance, others for less than that.
                    let mut budgets = [0; LANES];
                    let mut wanted = 0u8;
                    for lane in 0..LANES {
                        let less = if lane % 2 == 0 { 0 } else { spare };
                        budgets[lane] = (distances[lane] + spare / 2).saturating_sub(less);
                        if length(query).abs_diff(group.lengths[lane]) <= budgets[lane] {
                            wanted |= 1 << lane;
                        }
                    }
                    for with_classes in [false, true] {
                        let mut scratch = Vec::new();
                        let bounds =
                            bound(&asked, &group, &budgets, wanted, &planned.ends, with_classes, &mut scratch);
                        let out = bounds.by_histogram | bounds.by_classes;
                        for lane in (0..LANES).filter(|lane| wanted & (1 << lane) != 0) {
                            let inside = distances[lane] <= budgets[lane];
                            assert!(!inside || out & (1 << lane) == 0, "lost a pair at {}", distances[lane]);
                            assert!(!inside || bounds.least[lane] <= distances[lane]);
                        }
                        kept_out[usize::from(with_classes)] += out.count_ones();
                    }
                }
            }
        }
    }
    // They do keep some out, and the classes more than the histogram alone.
    assert!(kept_out[0] > 10 && kept_out[1] > kept_out[0], "{kept_out:?}");
}

#[test]
fn groups_are_a_partition() {
    let mut random = Random::new(14);
    for count in [0, 1, 7, 8, 9, 64, 101] {
        let texts: Vec<Vec<u8>> = (0..count)
            .map(|_| (0..random.below(90)).map(|_| random.below(64) as u8).collect())
            .collect();
        let groups = alike(&texts);
        assert!(groups.iter().all(|group| group.len() <= LANES && group.is_sorted()));
        let mut all = groups.concat();
        all.sort_unstable();
        assert_eq!(all, (0..count).collect::<Vec<_>>());
        assert_eq!(groups.len(), count.div_ceil(LANES));
    }
}

#[test]
fn banded_distances_are_exact_within_the_budget_and_beyond_it_otherwise() {
    let mut random = Random::new(15);
    let mut pattern = Pattern::default();
    let mut state = Vec::new();
    for alphabet in &alphabets() {
        for most in [1, 10, 62, 63, 64, 65, 127, 200, 900] {
            for _ in 0..12 {
                let texts = around(&mut random, alphabet, most);
                let (query, others) = texts.split_last().expect("not empty");
                let query = characters(query);
                assert!(pattern.set(&query));
                for pair in others.chunks(2) {
                    let lanes: Vec<Vec<u16>> = pair.iter().map(|other| characters(other)).collect();
                    let exact = [0, 1].map(|lane: usize| {
                        indel::distance(query.iter().copied(), lanes[lane].iter().copied()) as u32
                    });
                    for spare in [0, 1, 5, 60, 100_000] {
                        for (less, more) in [(0, 0), (1, 0), (0, 3), (40, 2)] {
                            let budgets = [(exact[0] + spare).saturating_sub(less), exact[1] / 2 + more];
                            let found = pattern.distances([&lanes[0], &lanes[1]], budgets, &mut state);
                            for lane in 0..2 {
                                if exact[lane] <= budgets[lane] {
                                    assert_eq!(found[lane], exact[lane]);
                                } else {
                                    assert!(found[lane] > budgets[lane]);
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn strips_and_wider_bands_are_exact_too() {
    let mut random = Random::new(17);
    // So many symbols that the masks of 30,000 columns are cut into strips.
    let alphabet = &alphabets()[3];
    for permille in [0, 3, 20, 60, 150, 400] {
        let base = text(&mut random, alphabet, 30_000);
        let other = edited(&mut random, alphabet, &base, permille);
        let exact = distance(&base, &other);
        let (columns, rows): (Vec<char>, Vec<char>) = (base.chars().collect(), other.chars().collect());
        for budget in [exact, exact + 700, exact * 4, exact.saturating_sub(2), exact / 2] {
            let found = distance_of_long(&rows, &columns, budget);
            if exact <= budget {
                assert_eq!(found, exact);
            } else {
                assert!(found > budget);
            }
        }
    }
}

#[test]
fn long_texts_are_exact_within_their_budget() {
    let mut random = Random::new(16);
    for alphabet in &alphabets() {
        for most in [1, 64, 130, 1000] {
            for _ in 0..6 {
                let texts = around(&mut random, alphabet, most);
                let (query, others) = texts.split_last().expect("not empty");
                let columns: Vec<char> = query.chars().collect();
                for other in others {
                    let rows: Vec<char> = other.chars().collect();
                    let exact = distance(query, other);
                    for budget in [exact, exact + 9, exact.saturating_sub(2)] {
                        let found = distance_of_long(&rows, &columns, budget);
                        if exact <= budget {
                            assert_eq!(found, exact);
                        } else {
                            assert!(found > budget);
                        }
                    }
                }
            }
        }
    }
}
