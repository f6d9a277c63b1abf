//! Growth: the same jobs on a tenth of the records. What is linear takes a tenth of the time; a query takes the same.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ceasefire_ledger::{Archive, Folder, Until, VerifyQuestion};

use crate::material::Material;
use crate::results::{Goal, Results};
use crate::timing::{median_of, percentile};
use crate::{Options, Outcome};

/// Measures growth.
pub fn measure(options: &Options, material: &Material, results: &mut Results) -> Outcome<()> {
    let small = Material::make(options, options.records / 10)?;
    let factor = material.records as f64 / small.records as f64;
    results
        .note(format!("Growth is from {} to {} records, {factor:.1} times as many.", small.records, material.records));
    let most = Goal::AtMost(1.1 * factor);
    let of = |seconds: f64| Duration::from_secs_f64(seconds);
    results.times("growth of appending in batches", of(material.made_in), "for a tenth", of(small.made_in), most);
    for (name, job) in [("verify", verify as Job), ("replay", replay), ("rebuild", rebuild)] {
        let great = median_of(options.repeat.min(2), || job(&material.folder))?;
        let tenth = median_of(options.repeat.max(3), || job(&small.folder))?;
        results.times(&format!("growth of {name}"), great, "for a tenth", tenth, most);
    }
    for question in [["state", "c0"], ["incident", "i7"]] {
        let ask = |material: &Material| -> Outcome<Duration> {
            let mut times = Vec::new();
            for _ in 0..11 {
                let started = Instant::now();
                let folder = material.folder.path();
                let mut command = Command::new(&options.program);
                command.arg("-L").arg(folder).args(question).stdout(Stdio::null()).stderr(Stdio::null());
                if !command.status()?.success() {
                    return Err(format!("{question:?} failed").into());
                }
                times.push(started.elapsed());
            }
            Ok(percentile(&mut times, 50))
        };
        let (great, tenth) = (ask(material)?, ask(&small)?);
        let measure = format!("growth of `{}`, process start included", question[0]);
        results.times(&measure, great, "for a tenth", tenth, Goal::AtMost(1.5));
    }
    Ok(())
}

type Job = fn(&Folder) -> Outcome<()>;

fn verify(folder: &Folder) -> Outcome<()> {
    drop(Archive::open(folder.clone())?.verify(VerifyQuestion::default())?);
    Ok(())
}

fn replay(folder: &Folder) -> Outcome<()> {
    drop(Archive::open(folder.clone())?.folded_anew(Until::Head, None)?);
    Ok(())
}

fn rebuild(folder: &Folder) -> Outcome<()> {
    drop(Archive::open(folder.clone())?.rebuild(true, None)?);
    Ok(())
}
