//! `--shard`: the part of a comparison that one of several machines takes.

use crate::failure::Failure;

/// Every `count`-th job, from the one at `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shard {
    first: usize,
    count: usize,
}

impl Shard {
    /// All jobs.
    pub(super) const WHOLE: Self = Self { first: 0, count: 1 };

    /// Parses `I/N`, or `slurm` with the variables of an array's task in `environment`.
    pub(super) fn parse(text: &str, environment: impl Fn(&str) -> Option<String>) -> Result<Self, Failure> {
        let shard = match text {
            "slurm" => of_slurm(environment),
            _ => of_numbers(text).ok_or("write I/N with I from 1 to N, such as 2/3, or slurm in a job array"),
        };
        shard.map_err(|expected| Failure::Value { setting: "--shard", value: text.to_owned(), expected })
    }

    /// Returns the jobs of this part.
    pub(super) fn of<T>(self, jobs: &[T]) -> Vec<&T> {
        jobs.iter().skip(self.first).step_by(self.count).collect()
    }
}

/// Makes a shard of a number from 1 to the number of shards.
fn shard(number: usize, count: usize) -> Option<Shard> {
    (1..=count).contains(&number).then(|| Shard { first: number - 1, count })
}

fn of_numbers(text: &str) -> Option<Shard> {
    let (number, count) = text.split_once('/')?;
    shard(number.trim().parse().ok()?, count.trim().parse().ok()?)
}

fn of_slurm(environment: impl Fn(&str) -> Option<String>) -> Result<Shard, &'static str> {
    let outside = "the command does not run in a job array: submit it with sbatch --array, or write I/N";
    let number = |name: &str| environment(name)?.trim().parse::<usize>().ok();
    let task = number("SLURM_ARRAY_TASK_ID").ok_or(outside)?;
    let first = number("SLURM_ARRAY_TASK_MIN").ok_or(outside)?;
    let count = number("SLURM_ARRAY_TASK_COUNT").ok_or(outside)?;
    let step = number("SLURM_ARRAY_TASK_STEP").unwrap_or(1).max(1);
    let at = task.checked_sub(first).filter(|after| after % step == 0).map(|after| after / step);
    at.and_then(|at| shard(at.checked_add(1)?, count))
        .ok_or("the numbers of the array have gaps; write a range with one step, such as 1-8 or 0-14:2, or write I/N")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slurm(task: &str, first: &str, count: &str, step: Option<&str>) -> Result<Shard, Failure> {
        Shard::parse("slurm", |name| {
            let value = match name {
                "SLURM_ARRAY_TASK_ID" => Some(task),
                "SLURM_ARRAY_TASK_MIN" => Some(first),
                "SLURM_ARRAY_TASK_COUNT" => Some(count),
                "SLURM_ARRAY_TASK_STEP" => step,
                other => panic!("{other} was asked for"),
            };
            value.map(str::to_owned)
        })
    }

    #[test]
    fn shards_have_every_job_once() {
        let jobs: Vec<u32> = (0..10).collect();
        let parts: Vec<Vec<&u32>> =
            (1..=3).map(|number| Shard::parse(&format!("{number}/3"), |_| None).unwrap().of(&jobs)).collect();
        assert_eq!(parts, [vec![&0, &3, &6, &9], vec![&1, &4, &7], vec![&2, &5, &8]]);
        assert_eq!(Shard::WHOLE.of(&jobs).len(), 10);
        assert!(Shard::parse("12/12", |_| None).unwrap().of(&jobs).is_empty());
        for wrong in ["0/3", "4/3", "1/0", "x", "1", "1/", "/3", "-1/3", "1/3/5", "1/99999999999999999999", ""] {
            assert!(Shard::parse(wrong, |_| None).is_err(), "{wrong}");
        }
    }

    #[test]
    fn tasks_of_an_array_are_shards() {
        let of = |text| Shard::parse(text, |_| None).unwrap();
        assert_eq!(slurm("0", "0", "6", Some("1")).unwrap(), of("1/6"));
        assert_eq!(slurm("6", "1", "6", None).unwrap(), of("6/6"));
        assert_eq!(slurm("9", "1", "6", Some("4")).unwrap(), of("3/6"));
        // 1-4, but without 3; half a step; before the first; no numbers.
        for (task, first, count, step) in [
            ("4", "1", "3", "1"),
            ("4", "1", "6", "2"),
            ("0", "1", "6", "1"),
            ("", "1", "6", "1"),
            ("1", "1", "0", "1"),
        ] {
            assert!(slurm(task, first, count, Some(step)).is_err(), "{task}, {first}, {count}, {step}");
        }
        let outside = Shard::parse("slurm", |_| None).unwrap_err().to_string();
        assert!(outside.contains("sbatch --array"), "{outside}");
    }
}
