/** Drives a lesson as a reader does, and holds what it replies against the runs' own numbers. */
import type { Page } from '@playwright/test';
import { expect } from '@playwright/test';
import type { Ran } from './numbers';

/** Runs are trained whole by `npm run test:lessons`, else cut to so many updates. */
export const whole = process.env['MARGINALIA_LESSONS'] === 'whole';
const updates = 3;
const patience = whole ? 300_000 : 60_000;

type RunName =
  | 'bare'
  | 'between'
  | 'bright'
  | 'careful'
  | 'clear'
  | 'colour'
  | 'dear'
  | 'dpo'
  | 'egida'
  | 'fast'
  | 'guided'
  | 'hold'
  | 'judged'
  | 'look'
  | 'look-dpo'
  | 'look-step'
  | 'loose'
  | 'lot'
  | 'own'
  | 'race'
  | 'sacpo'
  | 'self'
  | 'slow'
  | 'strong'
  | 'tight'
  | 'train'
  | 'usual'
  | 'walking';

/** Runs of the lesson that have ended, by the names that its steps give them: one, or the arms of a comparison. */
export type Runs = Readonly<Record<RunName, readonly [Ran, Ran, Ran, Ran]>>;

export interface StepPlan {
  /** A choice, a line, a number, or a choice for each of several things; "Show me anyway" where left out. */
  answer?: string | number | readonly string[];
  /** Answered and gone on from by keys: the key of the answer. */
  key?: string;
  /** What it trains is known under this name from here on. */
  run?: RunName;
  /** It works out an experiment. */
  lab?: true;
  /** Sliders and where they are put. */
  set?: Readonly<Record<string, number>>;
  /** What the question turns out to be. */
  truth?: string | ((runs: Runs) => string | undefined);
  /** What the reply must have, worked out from the runs or asked of the engine. */
  says(runs: Runs, page: Page): readonly string[] | Promise<readonly string[]>;
}

export interface LessonPlan {
  id: string;
  steps: readonly StepPlan[];
}

/** Turns to an address and waits for the engine; the page keeps it over several lessons. */
export const turnTo = async (page: Page, hash: string) => {
  if (page.url() === 'about:blank') await page.goto(`dist/index.html${hash}`);
  else
    await page.evaluate((to) => {
      location.hash = to;
    }, hash);
  await page.waitForFunction(() => window.marginalia !== undefined);
  await page.evaluate(() => window.marginalia.ready.then(() => undefined));
};

const openLesson = async (page: Page, id: string) => {
  await turnTo(page, `#/lessons/${id}/1?backend=wasm${whole ? '' : `&view.brief=${updates}`}`);
  await expect(page.locator(`a[href="#/lessons/${id}/1"][aria-current="step"]`)).toBeVisible();
};

/** The run that was begun last, or the arms of the comparison. */
const newest = (page: Page): Promise<Ran[]> =>
  page.evaluate(async () => {
    const runs = await window.marginalia.api.runs();
    if (runs.length === 0) return [];
    const newest = runs.reduce((a, b) => (b.created > a.created ? b : a));
    const own = newest.group
      ? runs.filter(({ group }) => group?.id === newest.group!.id).sort((a, b) => a.group!.arm - b.group!.arm)
      : [newest];
    return own.map(({ evaluations, ...run }) => ({
      ...run,
      evaluations: evaluations.map(({ images: _, ...evaluation }) => evaluation),
    }));
  });

/** What was begun since a time, once all of it has finished. */
const trainedSince = async (page: Page, since: number): Promise<Ran[]> => {
  let found: Ran[] = [];
  await expect
    .poll(
      async () => {
        found = await newest(page);
        return found.length > 0 && found.every((run) => run.created >= since && run.phase === 'finished');
      },
      { timeout: patience },
    )
    .toBe(true);
  return found;
};

const answer = async (page: Page, n: number, { answer, key }: StepPlan) => {
  const ask = page.getByTestId(`lesson-ask-${n}`);
  if ((await ask.count()) === 0) return;
  // What is asked is asked first: nothing is shown, trained or told before.
  await expect(page.getByTestId(`lesson-run-${n}`)).toHaveCount(0);
  await expect(page.getByTestId(`lesson-reply-${n}`)).toBeEmpty();
  if (key !== undefined) {
    await page.locator(`#lesson-step-${n} .step-head`).focus();
    await page.keyboard.press(key);
  } else if (answer === undefined) await page.getByTestId(`lesson-skip-${n}`).click();
  else if (typeof answer === 'number') {
    const field = page.getByTestId(`lesson-ask-${n}-number`);
    // A line of a text is a number that is picked.
    if (await field.count()) {
      await field.fill(String(answer));
      if (n % 2) await field.press('Enter');
      else await ask.getByRole('button', { name: 'That is my guess' }).click();
    } else await page.getByTestId(`lesson-ask-${n}-${answer}`).check();
  } else if (typeof answer === 'string') await page.getByTestId(`lesson-ask-${n}-${answer}`).check();
  else
    for (const [i, part] of answer.entries())
      await page.getByTestId(`lesson-ask-${n}-${i + 1}-${part}`).check();
};

const train = async (page: Page, n: number, { key }: StepPlan) => {
  // Cut short, a run may be one that another lesson has trained; it is then there already, and trained again.
  const button = page.getByTestId(`lesson-run-${n}`).or(page.getByTestId(`lesson-again-${n}`));
  await expect(button).toHaveAttribute('aria-disabled', 'false', { timeout: patience });
  if (key === undefined) await button.click();
  else {
    await button.focus();
    await page.keyboard.press('Enter');
  }
};

const put = async (page: Page, n: number, set: Readonly<Record<string, number>>) => {
  const doing = page.getByTestId(`lesson-do-${n}`);
  await expect(doing).toHaveAttribute('data-done', 'false');
  for (const [id, value] of Object.entries(set)) await page.getByTestId(`slide-${id}`).fill(String(value));
  await expect(doing).toHaveAttribute('data-done', 'true');
};

/** What no sentence may say. */
const broken = /undefined|NaN|Infinity|\[object/;

const readReply = async (page: Page, n: number) => {
  const reply = page.getByTestId(`lesson-reply-${n}`);
  await expect(reply).toHaveText(/\S/, { timeout: patience });
  return reply.evaluate((element) => ({
    text: element.textContent!.replace(/\s+/g, ' ').trim(),
    truth: element.dataset['truth'],
    given: element.dataset['given'],
    mark: element.querySelector('.mark-right')
      ? 'right'
      : element.querySelector('.mark-wrong')
        ? 'wrong'
        : '',
  }));
};

const goOn = async (page: Page, id: string, n: number, { key }: StepPlan) => {
  if (key === undefined) await page.getByTestId('lesson-next').click();
  else {
    await page.locator(`#lesson-step-${n} .step-head`).focus();
    await page.keyboard.press('Enter');
  }
  await expect(page.getByTestId(`lesson-step-${n + 1}`)).toHaveAttribute('data-state', 'present');
  expect(page.url()).toContain(`#/lessons/${id}/${n + 1}`);
};

/** From the first question to the last reply. */
export const drive = async (page: Page, { id, steps }: LessonPlan): Promise<void> => {
  const runs = {} as Record<RunName, readonly Ran[]>;
  await openLesson(page, id);
  await expect(page.locator('.lesson-step')).toHaveCount(steps.length);
  await expect(page.getByTestId('lesson-brief')).toHaveCount(whole ? 0 : 1);
  for (const [i, plan] of steps.entries()) {
    const n = i + 1;
    const where = `${id}, step ${n}`;
    await answer(page, n, plan);
    const since = Date.now();
    if (plan.run !== undefined || plan.lab) await train(page, n, plan);
    if (plan.run !== undefined) runs[plan.run] = await trainedSince(page, since);
    if (plan.set) await put(page, n, plan.set);
    const { text, truth, given, mark } = await readReply(page, n);
    if (plan.run !== undefined && !whole)
      for (const { document } of runs[plan.run]) expect(document.steps, where).toBeLessThanOrEqual(updates);
    expect(text, where).not.toMatch(broken);
    for (const words of await plan.says(runs as Runs, page)) expect(text, where).toContain(words);
    if (plan.truth !== undefined)
      expect(truth, where).toBe(typeof plan.truth === 'string' ? plan.truth : plan.truth(runs as Runs));
    expect(given, where).toBe(plan.key ? given : plan.answer?.toString());
    // A guess counts as right where it is the truth; of a number, near it.
    if (given === undefined || truth === undefined) expect(mark, where).toBe('');
    else if (typeof plan.answer !== 'number') expect(mark, where).toBe(given === truth ? 'right' : 'wrong');
    else expect(mark, where).not.toBe('');
    if (n < steps.length) await goOn(page, id, n, plan);
  }
  await expect(page.locator('lesson-view')).not.toContainText(broken);
  await expect(page.locator(`#lesson-step-${steps.length}`)).toContainText('That was the lesson');
  await expect(page.locator('.lesson-step[data-state="past"]')).toHaveCount(steps.length - 1);
};
