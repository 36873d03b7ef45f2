// Runs what is missing of studies and keeps it.

const inOrder = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const byArm = (a, b) => inOrder(a.arm, b.arm);
const byPlace = (a, b) =>
  inOrder(a.base ?? '', b.base ?? '') || byArm(a, b) || a.setting - b.setting || a.seed - b.seed;

/**
 * @param {{ read: (id: string) => any, change: (id: string, f: (stored: any) => any) => void,
 *   writeIndex: (rows: any[]) => void }} store
 * @param {any} engine what runs, and the functions of src/studies/core
 * @param {(line: string) => void} say
 */
export const createRunner = (store, engine, say) => {
  const { studies, core } = engine;
  const known = new Map();
  const todayOf = (study) => {
    const key = `${study.id} ${core.baseOf(study)}`;
    if (!known.has(key)) known.set(key, engine.today(study));
    return known.get(key);
  };
  const editionOf = (study) => core.currentEdition(study, store.read(study.id), todayOf(study));

  /** Puts a run in the place of the one of its arm and seed; what an earlier wording found stays. */
  const keep = (study, run) =>
    store.change(study.id, (stored) => {
      const today = todayOf(study);
      const known = core.currentEdition(study, stored, today);
      const edition = known ?? core.newEdition(study, today);
      const runs = [...edition.runs.filter((r) => r.arm !== run.arm || r.seed !== run.seed), run];
      runs.sort((a, b) => a.seed - b.seed || byArm(a, b));
      return {
        ...stored,
        editions: [{ ...edition, runs }, ...stored.editions.filter((each) => each !== known)],
      };
    });

  const writeIndex = () =>
    store.writeIndex(studies.map((study) => core.markOf(study, store.read(study.id), todayOf)));

  const runOne = async (study, task) => {
    const same = (run) => run.arm === task.arm.id && run.seed === task.seed;
    const before = editionOf(study)?.runs.find(same);
    if (before?.key === task.key && before.failed === undefined) return;
    const run = await engine.run(task);
    keep(study, { arm: task.arm.id, seed: task.seed, ...run });
    writeIndex(); // so that it never says other than the files
    const numbers = Object.entries(run.numbers).slice(0, 3);
    const said = run.failed ?? numbers.map(([name, value]) => `${name} ${value.toPrecision(4)}`).join(', ');
    say(`${core.nameOnBase(study)}, ${task.arm.id}, seed ${task.seed}: ${said} (${run.seconds} s)`);
  };

  const trialsOf = (study) => core.trialsOn(study, store.read(study.id));

  /** Puts other trials in the place of those on the study's base model. */
  const changeTrials = (study, f) =>
    store.change(study.id, (stored) => {
      const own = core.trialsOn(study, stored);
      const others = stored.trials.filter((trial) => !own.includes(trial));
      return { ...stored, trials: [...others, ...f(own)].sort(byPlace) };
    });

  const chooseOne = async (study, task) => {
    const same = (t) => t.arm === task.arm.id && t.seed === task.seed && t.setting === task.setting;
    const before = trialsOf(study).find(same);
    if (before?.key === task.key && before.failed === undefined) return;
    const { at: _at, device: _device, ...run } = await engine.run(task);
    const { model } = todayOf(study);
    const tried = { arm: task.arm.id, seed: task.seed, setting: task.setting };
    const base = core.isOnFurther(study) ? { base: core.baseOf(study) } : {};
    const trial = { ...tried, ...base, ...(model && { model: model.sha256 }), ...run };
    changeTrials(study, (trials) => [...trials.filter((t) => !same(t)), trial]);
    say(
      `${core.nameOnBase(study)}, ${task.arm.id}, setting ${task.setting}, seed ${task.seed}: ${run.failed ?? run.numbers[study.chosen.by]} (${run.seconds} s)`,
    );
  };

  return {
    /**
     * Both arms with the i-th seed of each study, then the next: an early look has a little of everything.
     * @param wanted studies, each on one of its base models
     */
    run: async (wanted, seedsOf) => {
      const most = Math.max(...wanted.map((study) => seedsOf(study).length));
      for (let i = 0; i < most; i++)
        for (const study of wanted) {
          const seed = seedsOf(study)[i];
          if (seed !== undefined) for (const task of engine.tasks(study, seed)) await runOne(study, task);
        }
    },
    /** The settings to choose from, seed by seed, so that what shares pairs comes together. */
    choose: async (wanted) => {
      const tasks = wanted.flatMap((study) => engine.trials(study).map((task) => ({ study, task })));
      tasks.sort((a, b) => a.task.seed - b.task.seed);
      for (const { study, task } of tasks) {
        const later = task.seed !== study.chosen.seeds[0];
        if (later && core.isFarBehind(study, task.arm.id, task.setting, trialsOf(study))) continue;
        await chooseOne(study, task);
      }
      // What was tried with other settings or on earlier weights says nothing of these.
      for (const study of wanted) {
        const asked = new Set(tasks.filter((each) => each.study === study).map(({ task }) => task.key));
        changeTrials(study, (trials) => trials.filter(({ key }) => asked.has(key)));
      }
    },
    /** The means of what was tried, a line each. */
    chosen: (study) =>
      study.arms.flatMap((arm) => {
        const means = core.trialMeans(study, arm.id, trialsOf(study));
        return (study.chosen?.tried[arm.id] ?? []).map(
          (setting, i) =>
            `${core.nameOnBase(study)}, ${arm.id}: ${means[i]?.toPrecision(4) ?? '?'} ${JSON.stringify(setting)}`,
        );
      }),
    outcome: (study) => core.outcomeOf(study, editionOf(study)?.runs ?? []),
    /** All that is known of a study, for a file. */
    whole: (study) => ({
      study,
      ...core.outcomeOf(study, editionOf(study)?.runs ?? []),
      documents: todayOf(study).settings,
      model: todayOf(study).model,
      runs: editionOf(study)?.runs ?? [],
    }),
    writeIndex,
  };
};
