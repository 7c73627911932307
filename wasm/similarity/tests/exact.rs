//! The pairs found are those of brute force with the `rapidfuzz` crate, with the same distances.

mod common;

use common::{Random, alphabets, edited, text};
use rapidfuzz::distance::indel;
use similarity::alphabet::{Alphabet, Frequencies};
use similarity::compare::{Comparer, Counters, Demand, Match, Tile};
use similarity::ratio::{Rule, passes, score};

struct Packed {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

fn pack(texts: &[String]) -> Packed {
    let mut packed = Packed { bytes: Vec::new(), ends: Vec::new() };
    for text in texts {
        packed.bytes.extend_from_slice(text.as_bytes());
        packed.ends.push(packed.bytes.len() as u32);
    }
    packed
}

fn comparer(texts: &[String]) -> Comparer {
    let mut frequencies = Frequencies::default();
    for character in texts.iter().flat_map(|text| text.chars()) {
        frequencies.add(u32::from(character), 1);
    }
    Comparer::new(Alphabet::read(&frequencies.plan()).expect("a plan"))
}

fn run(comparer: &mut Comparer, left: &[String], right: Option<&[String]>, demand: Demand) -> (Vec<Match>, Counters) {
    let (left, right) = (pack(left), right.map(pack));
    let mut matches = Vec::new();
    let counters = comparer.compare(
        Tile { bytes: &left.bytes, ends: &left.ends },
        right.as_ref().map(|right| Tile { bytes: &right.bytes, ends: &right.ends }),
        demand,
        &mut matches,
    );
    matches.sort_by_key(|found| (found.left, found.right));
    (matches, counters)
}

fn brute_force(left: &[String], right: Option<&[String]>, demand: Demand) -> Vec<Match> {
    let mut found = Vec::new();
    for (i, one) in left.iter().enumerate() {
        let others = right.unwrap_or(left);
        for (j, other) in others.iter().enumerate().skip(if right.is_none() { i + 1 } else { 0 }) {
            let total = (one.chars().count() + other.chars().count()) as u32;
            let distance = indel::distance(one.chars(), other.chars()) as u32;
            if passes(distance, total, demand.ratio, demand.rule) {
                found.push(Match { left: i as u32, right: j as u32, distance });
            }
        }
    }
    found
}

fn check(left: &[String], right: Option<&[String]>, comparer: &mut Comparer, ratio: f64) -> Counters {
    let mut last = Counters::default();
    for rule in [Rule::Compared, Rule::CutOff] {
        let demand = Demand { ratio, rule };
        let (found, counters) = run(comparer, left, right, demand);
        assert_eq!(found, brute_force(left, right, demand), "ratio {ratio}, {rule:?}");
        let pairs = right.map_or(left.len() * left.len().saturating_sub(1) / 2, |right| left.len() * right.len());
        assert_eq!(counters.pairs as usize, pairs);
        assert_eq!(
            counters.by_length + counters.by_histogram + counters.by_classes + counters.by_distance + counters.matched,
            counters.pairs,
            "{counters:?}"
        );
        assert_eq!(counters.matched as usize, found.len());
        last = counters;
    }
    last
}

const RATIOS: [f64; 11] = [0.0, 1.0, 33.3, 50.0, 57.0, 60.0, 75.0, 85.0, 90.5, 99.9, 100.0];

/// Families of texts: some unrelated, some edited a little or a lot, some equal, some empty.
fn family(random: &mut Random, alphabet: &[char], longest: usize) -> Vec<String> {
    let mut texts = vec![String::new(), String::new()];
    for _ in 0..5 {
        let length = random.below(longest);
        let base = text(random, alphabet, length);
        texts.push(base.clone());
        for _ in 0..5 {
            let permille = [0, 5, 20, 60, 90, 120, 200, 400][random.below(8)];
            texts.push(edited(random, alphabet, &base, permille));
        }
    }
    texts
}

#[test]
fn same_pairs_as_brute_force_on_every_alphabet_length_and_ratio() {
    let mut random = Random::new(1);
    for alphabet in alphabets() {
        for longest in [3, 20, 70, 140, 400, 1500] {
            let texts = family(&mut random, &alphabet, longest);
            let mut comparer = comparer(&texts);
            let ratios = if longest > 400 { &RATIOS[6..9] } else { &RATIOS[..] };
            for &ratio in ratios {
                check(&texts, None, &mut comparer, ratio);
            }
            let (left, right) = texts.split_at(texts.len() / 3);
            check(left, Some(right), &mut comparer, 85.0);
        }
    }
}

#[test]
fn every_pair_of_thousands_of_texts_at_every_ratio() {
    let mut random = Random::new(8);
    let mut texts = vec![String::new(); 3];
    for alphabet in alphabets() {
        while texts.len() % 400 != 0 {
            let length = 20 + random.below(110);
            let base = text(&mut random, &alphabet, length);
            for _ in 0..1 + random.below(6) {
                // Some are equal, some nearly, some not at all.
                let permille = [0, 10, 40, 80, 150, 300][random.below(6)];
                texts.push(edited(&mut random, &alphabet, &base, permille));
                if texts.len() % 400 == 0 {
                    break;
                }
            }
        }
        texts.push(String::new());
    }
    texts.sort_by_key(|text| text.chars().count());
    assert!(texts.len() > 2000);
    let lengths: Vec<u32> = texts.iter().map(|text| text.chars().count() as u32).collect();
    // Once for all ratios.
    let distances: Vec<Vec<u32>> = texts
        .iter()
        .enumerate()
        .map(|(i, one)| {
            let cached = indel::BatchComparator::new(one.chars());
            texts[i + 1..].iter().map(|other| cached.distance(other.chars()) as u32).collect()
        })
        .collect();
    let mut comparer = comparer(&texts);
    for (ratio, rule) in [
        (0.0, Rule::Compared),
        (40.0, Rule::CutOff),
        (60.0, Rule::Compared),
        (85.0, Rule::Compared),
        (85.0, Rule::CutOff),
        (95.0, Rule::CutOff),
        (100.0, Rule::Compared),
    ] {
        let demand = Demand { ratio, rule };
        let (mut found, mut pairs) = (Vec::new(), 0);
        // In tiles, as the command does it.
        for left in (0..texts.len()).step_by(256) {
            for right in (left..texts.len()).step_by(256) {
                let tile = |first: usize| &texts[first..texts.len().min(first + 256)];
                let (some, counters) = run(&mut comparer, tile(left), (left != right).then(|| tile(right)), demand);
                pairs += counters.pairs;
                found.extend(some.into_iter().map(|Match { left: i, right: j, distance }| {
                    (left as u32 + i, right as u32 + j, distance)
                }));
            }
        }
        found.sort_unstable();
        let expected: Vec<(u32, u32, u32)> = distances
            .iter()
            .enumerate()
            .flat_map(|(i, row)| row.iter().enumerate().map(move |(j, &distance)| (i, i + 1 + j, distance)))
            .filter(|&(i, j, distance)| passes(distance, lengths[i] + lengths[j], ratio, rule))
            .map(|(i, j, distance)| (i as u32, j as u32, distance))
            .collect();
        assert!(found == expected, "ratio {ratio}, {rule:?}: {} pairs, not {}", found.len(), expected.len());
        assert_eq!(pairs as usize, texts.len() * (texts.len() - 1) / 2);
    }
}

#[test]
fn thousands_of_pairs_on_the_edge_of_the_cut_off() {
    let mut random = Random::new(2);
    let alphabet = &alphabets()[1];
    let base = text(&mut random, alphabet, 600);
    let mut texts: Vec<String> = (0..110)
        .map(|_| {
            let permille = 60 + random.below(80);
            edited(&mut random, alphabet, &base, permille)
        })
        .collect();
    texts.sort_by_key(String::len);
    let mut comparer = comparer(&texts);
    for ratio in [80.0, 85.0, 87.5, 90.0] {
        let counters = check(&texts, None, &mut comparer, ratio);
        assert!(counters.matched > 0, "{counters:?}");
    }
}

#[test]
fn texts_of_one_template() {
    let mut random = Random::new(7);
    let alphabet = &alphabets()[1];
    for (head, middle, tail) in [(0, 200, 700), (60, 500, 300), (500, 100, 0), (63, 126, 63), (200, 300, 200)] {
        let ends = [text(&mut random, alphabet, head), text(&mut random, alphabet, tail)];
        let base = text(&mut random, alphabet, middle);
        let texts: Vec<String> = (0..70)
            .map(|_| {
                let permille = 50 + random.below(500);
                format!("{}{}{}", ends[0], edited(&mut random, alphabet, &base, permille), ends[1])
            })
            .collect();
        let mut comparer = comparer(&texts);
        for ratio in [70.0, 85.0, 90.0, 95.0] {
            check(&texts, None, &mut comparer, ratio);
        }
    }
}

#[test]
fn an_alphabet_of_other_texts_loses_no_pair() {
    let mut random = Random::new(3);
    let all = alphabets();
    let mut comparer = comparer(&family(&mut random, &all[0], 200));
    for alphabet in &all {
        let texts = family(&mut random, alphabet, 300);
        check(&texts, None, &mut comparer, 85.0);
        check(&texts, None, &mut comparer, 70.0);
    }
}

#[test]
fn long_texts_are_cut_into_strips() {
    let mut random = Random::new(4);
    // A thousand symbols and more: masks for all columns at once would be too big.
    let alphabet: Vec<char> = ('\u{4e00}'..='\u{5fff}').collect();
    let base = text(&mut random, &alphabet, 9000);
    let texts =
        vec![base.clone(), edited(&mut random, &alphabet, &base, 30), edited(&mut random, &alphabet, &base, 90)];
    let mut comparer = comparer(&texts);
    for ratio in [0.0, 70.0, 85.0, 95.0] {
        check(&texts, None, &mut comparer, ratio);
    }
}

#[test]
fn more_characters_beyond_the_first_plane_than_stand_ins() {
    let mut random = Random::new(5);
    let alphabet: Vec<char> = ('\u{20000}'..='\u{2a6d0}').collect();
    let base = text(&mut random, &alphabet, 14_000);
    let texts = vec![base.clone(), edited(&mut random, &alphabet, &base, 50)];
    let mut comparer = comparer(&texts);
    for ratio in [0.0, 85.0, 99.0] {
        check(&texts, None, &mut comparer, ratio);
    }
}

#[test]
fn unrelated_letters_are_kept_out_by_the_classes() {
    let mut random = Random::new(6);
    let alphabet = &alphabets()[1];
    let texts: Vec<String> = (0..60).map(|_| text(&mut random, alphabet, 2500)).collect();
    let mut comparer = comparer(&texts);
    let (found, counters) = run(&mut comparer, &texts, None, Demand { ratio: 85.0, rule: Rule::Compared });
    assert!(found.is_empty());
    assert!(counters.by_classes > counters.pairs * 9 / 10, "{counters:?}");
    assert_eq!(counters.by_distance, 0);
}

#[test]
fn scores_are_those_of_rapidfuzz() {
    assert_eq!(score(0, 0), 100.0);
    assert_eq!(score(5, 5), 0.0);
    assert_eq!(score(3, 20), 85.0);
    let ratio = rapidfuzz::fuzz::ratio("kitten sitting".chars(), "sitting kitten".chars());
    let distance = indel::distance("kitten sitting".chars(), "sitting kitten".chars()) as u32;
    assert_eq!(score(distance, 28), ratio * 100.0);
}
