// Runs what is missing of studies and keeps it.

const byArm = (a, b) => (a.arm < b.arm ? -1 : a.arm > b.arm ? 1 : 0);

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

  const chooseOne = async (study, task) => {
    const same = (t) => t.arm === task.arm.id && t.seed === task.seed && t.setting === task.setting;
    const before = store.read(study.id).trials.find(same);
    if (before?.key === task.key && before.failed === undefined) return;
    const { at: _at, device: _device, ...run } = await engine.run(task);
    const { model } = todayOf(study);
    const tried = { arm: task.arm.id, seed: task.seed, setting: task.setting };
    const trial = { ...tried, ...(model && { model: model.sha256 }), ...run };
    const asked = ({ arm, setting }) => setting < (study.chosen.tried[arm]?.length ?? 0);
    store.change(study.id, (stored) => ({
      ...stored,
      trials: [...stored.trials.filter((t) => asked(t) && !same(t)), trial].sort(
        (a, b) => byArm(a, b) || a.setting - b.setting || a.seed - b.seed,
      ),
    }));
    say(
      `${study.id}, ${task.arm.id}, setting ${task.setting}, seed ${task.seed}: ${run.failed ?? run.numbers[study.chosen.by]} (${run.seconds} s)`,
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
        const { trials } = store.read(study.id);
        const later = task.seed !== study.chosen.seeds[0];
        if (later && core.isFarBehind(study, task.arm.id, task.setting, trials)) continue;
        await chooseOne(study, task);
      }
    },
    /** The means of what was tried, a line each. */
    chosen: (study) =>
      study.arms.flatMap((arm) => {
        const means = core.trialMeans(study, arm.id, store.read(study.id).trials);
        return (study.chosen?.tried[arm.id] ?? []).map(
          (setting, i) =>
            `${study.id}, ${arm.id}: ${means[i]?.toPrecision(4) ?? '?'} ${JSON.stringify(setting)}`,
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
